//! The arithmetic of explanations, recomputed.
//!
//! A step says `name = formula`, over its own inputs and earlier steps. Formulas know `+ - * / ^ ( )`, numbers and `min`, `max`,
//! `ceil`, `floor`, `round`, `sqrt`, `abs`; whatever cannot be written so (a quantile, say) enters as an input.

use crate::explain::Step;
use std::collections::HashMap;

/// A recomputed value may differ by this share: the noise of another order of operations, nothing a person could see.
const CLOSE: f64 = 1e-9;

/// Recomputes explanations, parsing each distinct formula once.
#[derive(Debug, Default)]
pub struct Recomputer<'a> {
    formulas: HashMap<&'a str, Result<Vec<Op<'a>>, String>>,
}

/// Reverse Polish: values go on the stack, functions take them off.
#[derive(Debug, Clone, PartialEq)]
enum Op<'a> {
    Number(f64),
    Name(&'a str),
    Negate,
    Binary(u8),
    Call(&'a str, usize),
}

impl<'a> Recomputer<'a> {
    /// Checks that every step of `steps` recomputes to its value, given the steps of `earlier` explanations.
    ///
    /// # Errors
    /// The first step that does not, with both numbers.
    pub fn check(&mut self, earlier: &[Step], steps: &'a [Step]) -> Result<(), String> {
        for (i, step) in steps.iter().enumerate() {
            let known = |name: &str| {
                let own = step.inputs.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
                let before = steps[..i].iter().rev().chain(earlier.iter().rev());
                own.or_else(|| before.into_iter().find(|s| s.name == name).map(|s| s.value))
            };
            let formula =
                self.formulas.entry(&step.formula).or_insert_with(|| parse(&step.formula));
            let ops = formula
                .as_ref()
                .map_err(|e| format!("{}: {e} in {:?}", step.name, step.formula))?;
            let value =
                run(ops, known).map_err(|e| format!("{}: {e} in {:?}", step.name, step.formula))?;
            if (value - step.value).abs() > CLOSE * step.value.abs().max(1.0)
                || value.is_nan() != step.value.is_nan()
            {
                return Err(format!(
                    "{}: {} gives {value}, not {}",
                    step.name, step.formula, step.value
                ));
            }
        }
        Ok(())
    }
}

/// The value of `formula` over `known` names.
///
/// # Errors
/// What cannot be understood.
pub fn evaluate(formula: &str, known: impl Fn(&str) -> Option<f64>) -> Result<f64, String> {
    run(&parse(formula)?, known)
}

pub(crate) fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

pub(crate) fn name_length(text: &str) -> usize {
    text.find(|c: char| !starts_name(c) && !c.is_ascii_digit()).unwrap_or(text.len())
}

fn run(ops: &[Op<'_>], known: impl Fn(&str) -> Option<f64>) -> Result<f64, String> {
    let mut stack: Vec<f64> = Vec::with_capacity(8);
    let missing = || "a value is missing".to_string();
    for op in ops {
        let value = match op {
            Op::Number(value) => *value,
            Op::Name(name) => known(name).ok_or_else(|| format!("{name} is not known"))?,
            Op::Negate => -stack.pop().ok_or_else(missing)?,
            Op::Binary(op) => {
                let (b, a) = (stack.pop().ok_or_else(missing)?, stack.pop().ok_or_else(missing)?);
                match op {
                    b'+' => a + b,
                    b'-' => a - b,
                    b'*' => a * b,
                    b'/' => a / b,
                    _ => a.powf(b),
                }
            }
            Op::Call(name, count) => {
                let at = stack.len().checked_sub(*count).ok_or_else(missing)?;
                call(name, &stack.split_off(at))?
            }
        };
        stack.push(value);
    }
    match stack[..] {
        [value] => Ok(value),
        _ => Err("not one value".to_string()),
    }
}

fn call(name: &str, arguments: &[f64]) -> Result<f64, String> {
    Ok(match (name, arguments) {
        ("min", [first, rest @ ..]) => rest.iter().fold(*first, |a, b| a.min(*b)),
        ("max", [first, rest @ ..]) => rest.iter().fold(*first, |a, b| a.max(*b)),
        ("ceil", [x]) => x.ceil(),
        ("floor", [x]) => x.floor(),
        ("round", [x]) => x.round(),
        ("sqrt", [x]) => x.sqrt(),
        ("abs", [x]) => x.abs(),
        _ => return Err(format!("{name} of {} values is not known", arguments.len())),
    })
}

/// A recursive descent over the text that is left.
struct Parser<'a> {
    rest: &'a str,
    ops: Vec<Op<'a>>,
    depth: usize,
}

fn parse(formula: &str) -> Result<Vec<Op<'_>>, String> {
    let mut parser = Parser { rest: formula, ops: Vec::new(), depth: 0 };
    parser.sum()?;
    if parser.peek().is_some() {
        return Err(format!("{:?} is left over", parser.rest));
    }
    Ok(parser.ops)
}

impl<'a> Parser<'a> {
    /// The next character that is not a blank.
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, wanted: &[(char, u8)]) -> Option<u8> {
        let next = self.peek()?;
        let (c, op) = wanted.iter().find(|(c, _)| *c == next)?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(*op)
    }

    fn expect(&mut self, c: char) -> Result<(), String> {
        self.take(&[(c, 0)]).map(|_| ()).ok_or_else(|| format!("{c} is missing"))
    }

    fn sum(&mut self) -> Result<(), String> {
        self.product()?;
        while let Some(op) = self.take(&[('+', b'+'), ('-', b'-'), ('−', b'-')]) {
            self.product()?;
            self.ops.push(Op::Binary(op));
        }
        Ok(())
    }

    fn product(&mut self) -> Result<(), String> {
        self.signed()?;
        while let Some(op) =
            self.take(&[('*', b'*'), ('/', b'/'), ('×', b'*'), ('·', b'*'), ('÷', b'/')])
        {
            self.signed()?;
            self.ops.push(Op::Binary(op));
        }
        Ok(())
    }

    fn signed(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > 64 {
            return Err("nested too deep".to_string());
        }
        if self.take(&[('-', b'-'), ('−', b'-')]).is_some() {
            self.signed()?;
            self.ops.push(Op::Negate);
        } else {
            self.value()?;
            if self.take(&[('^', b'^')]).is_some() {
                self.signed()?;
                self.ops.push(Op::Binary(b'^'));
            } else if self.take(&[('²', b'^')]).is_some() {
                self.ops.extend([Op::Number(2.0), Op::Binary(b'^')]);
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn value(&mut self) -> Result<(), String> {
        match self.peek() {
            Some('(') => {
                self.expect('(')?;
                self.sum()?;
                self.expect(')')
            }
            Some(c) if c.is_ascii_digit() => {
                let end = self
                    .rest
                    .find(|c: char| !c.is_ascii_digit() && c != '.')
                    .unwrap_or(self.rest.len());
                let (number, rest) = self.rest.split_at(end);
                self.ops.push(Op::Number(
                    number.parse().map_err(|_| format!("{number} is not a number"))?,
                ));
                self.rest = rest;
                Ok(())
            }
            Some(c) if starts_name(c) => {
                let (name, rest) = self.rest.split_at(name_length(self.rest));
                self.rest = rest;
                if self.peek() != Some('(') {
                    self.ops.push(Op::Name(name));
                    return Ok(());
                }
                self.arguments(name)
            }
            Some(c) => Err(format!("{c:?} was not expected")),
            None => Err("it ends too soon".to_string()),
        }
    }

    fn arguments(&mut self, name: &'a str) -> Result<(), String> {
        self.expect('(')?;
        let mut count = 1;
        self.sum()?;
        while self.take(&[(',', 0)]).is_some() {
            self.sum()?;
            count += 1;
        }
        self.expect(')')?;
        self.ops.push(Op::Call(name, count));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_follow_precedence_and_bad_ones_are_refused() {
        let known = |name: &str| (name == "x").then_some(3.0);
        for (formula, value) in [
            ("2 + x * 4", 14.0),
            ("-x ^ 2", -9.0),
            ("(2 + x) * 4", 20.0),
            ("sqrt(x² + 16)", 5.0),
            ("8 / 2 / 2", 2.0),
        ] {
            assert_eq!(evaluate(formula, known), Ok(value), "{formula}");
        }
        for formula in ["", "x +", "y", "min()", "foo(1)", "(x", "1 2", "x = 3", &"(".repeat(1000)]
        {
            assert!(evaluate(formula, known).is_err(), "{formula}");
        }
    }
}
