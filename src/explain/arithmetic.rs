//! The arithmetic of explanations, recomputed.
//!
//! A step says `name = formula`, over its own inputs and earlier steps. Formulas know `+ - * / ^ (
//! )`, numbers and `min`, `max`, `ceil`, `floor`, `round`, `sqrt`, `abs`, `to_a_millionth`;
//! whatever cannot be written so (a quantile, say) enters as an input.
//!
//! ```
//! use orderpoint::explain::arithmetic::evaluate;
//!
//! let known = |name: &str| (name == "pack").then_some(12.0);
//! assert_eq!(evaluate("ceil(50 / pack) * pack", known), Ok(60.0));
//! ```

use crate::explain::Step;
use std::collections::HashMap;

// The noise of another order of operations, nothing a person could see; whole runs on every data
// set pass at a billionth, and a wider tolerance would hide a missing step of rounding.
const CLOSE: f64 = 1e-9;
// One read from a damaged file must not exhaust the stack.
const MOST_NESTED: usize = 64;

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
    Binary(Binary),
    Call { name: &'a str, arguments: usize },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

impl Binary {
    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            // As `math` takes powers, without a room below this one.
            Self::Power => libm::pow(a, b),
        }
    }
}

impl<'a> Recomputer<'a> {
    /// Checks that every step of `steps` recomputes to its value, given the steps of `earlier`
    /// explanations.
    ///
    /// # Errors
    /// The first step that does not, with both numbers.
    pub fn check(&mut self, earlier: &[Step], steps: &'a [Step]) -> Result<(), String> {
        for (i, step) in steps.iter().enumerate() {
            let formula =
                self.formulas.entry(&step.formula).or_insert_with(|| parse(&step.formula));
            let value = formula
                .as_ref()
                .map_err(String::clone)
                .and_then(|ops| run(ops, |name| known(name, step, &steps[..i], earlier)))
                .map_err(|e| format!("{}: {e} in {:?}", step.name, step.formula))?;
            let far = (value - step.value).abs() > CLOSE * step.value.abs().max(1.0);
            // Two that are no numbers agree; the difference of one and a number is never far.
            if far || value.is_nan() != step.value.is_nan() {
                return Err(format!(
                    "{}: {} gives {value}, not {}",
                    step.name, step.formula, step.value
                ));
            }
        }
        Ok(())
    }
}

/// What `name` stands for in `step`: its own input, the latest step before it, the latest of the
/// earlier explanation.
fn known(name: &str, step: &Step, before: &[Step], earlier: &[Step]) -> Option<f64> {
    if let Some(&(_, value)) = step.inputs.iter().find(|(input, _)| *input == name) {
        return Some(value);
    }
    let mut steps = before.iter().rev().chain(earlier.iter().rev());
    steps.find(|step| step.name == name).map(|step| step.value)
}

/// The value of `formula` over `known` names.
///
/// # Errors
/// What cannot be understood.
pub fn evaluate(formula: &str, known: impl Fn(&str) -> Option<f64>) -> Result<f64, String> {
    run(&parse(formula)?, known)
}

/// Units without the rounding noise that would order a unit too many.
///
/// A need of 600 comes out of a forecast as 600.0000000001; rounded up to whole units that was 601.
pub(crate) fn to_a_millionth(units: f64) -> f64 {
    (units * 1e6).round() / 1e6
}

pub(crate) fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

pub(crate) fn name_length(text: &str) -> usize {
    text.find(|c: char| !starts_name(c) && !c.is_ascii_digit()).unwrap_or(text.len())
}

fn run(ops: &[Op<'_>], known: impl Fn(&str) -> Option<f64>) -> Result<f64, String> {
    let mut stack: Vec<f64> = Vec::with_capacity(8);
    for op in ops {
        let value = match op {
            Op::Number(value) => *value,
            Op::Name(name) => known(name).ok_or_else(|| format!("{name} is not known"))?,
            Op::Negate => -pop(&mut stack)?,
            Op::Binary(op) => {
                let b = pop(&mut stack)?;
                let a = pop(&mut stack)?;
                op.of(a, b)
            }
            Op::Call { name, arguments } => {
                let at = stack.len().checked_sub(*arguments).ok_or("a value is missing")?;
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

fn pop(stack: &mut Vec<f64>) -> Result<f64, String> {
    stack.pop().ok_or_else(|| "a value is missing".to_string())
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
        ("to_a_millionth", [x]) => to_a_millionth(*x),
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

    /// Takes the next character if it is one of `wanted`.
    fn take(&mut self, wanted: &[char]) -> Option<char> {
        let next = self.peek().filter(|c| wanted.contains(c))?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn expect(&mut self, c: char) -> Result<(), String> {
        self.take(&[c]).map(|_| ()).ok_or_else(|| format!("{c} is missing"))
    }

    fn sum(&mut self) -> Result<(), String> {
        self.product()?;
        // A typeset minus is read like a typed one.
        while let Some(sign) = self.take(&['+', '-', '−']) {
            self.product()?;
            let op = if sign == '+' { Binary::Add } else { Binary::Subtract };
            self.ops.push(Op::Binary(op));
        }
        Ok(())
    }

    fn product(&mut self) -> Result<(), String> {
        self.signed()?;
        while let Some(sign) = self.take(&['*', '×', '·', '/', '÷']) {
            self.signed()?;
            let divides = matches!(sign, '/' | '÷');
            let op = if divides { Binary::Divide } else { Binary::Multiply };
            self.ops.push(Op::Binary(op));
        }
        Ok(())
    }

    fn signed(&mut self) -> Result<(), String> {
        // Every way to nest leads through here.
        self.depth += 1;
        if self.depth > MOST_NESTED {
            return Err("nested too deep".to_string());
        }
        if self.take(&['-', '−']).is_some() {
            self.signed()?;
            self.ops.push(Op::Negate);
        } else {
            self.value()?;
            // To the right of a power stands a signed value: 2 ^ -1, and 2 ^ 3 ^ 2 is 2 ^ 9.
            if self.take(&['^']).is_some() {
                self.signed()?;
                self.ops.push(Op::Binary(Binary::Power));
            } else if self.take(&['²']).is_some() {
                self.ops.extend([Op::Number(2.0), Op::Binary(Binary::Power)]);
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
                let text = self.rest;
                let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
                let number = &text[..end.unwrap_or(text.len())];
                let value = number.parse().map_err(|_| format!("{number} is not a number"))?;
                self.ops.push(Op::Number(value));
                self.rest = &text[number.len()..];
                Ok(())
            }
            Some(c) if starts_name(c) => {
                let text = self.rest;
                let name = &text[..name_length(text)];
                self.rest = &text[name.len()..];
                if self.peek() == Some('(') {
                    return self.arguments(name);
                }
                self.ops.push(Op::Name(name));
                Ok(())
            }
            Some(c) => Err(format!("{c:?} was not expected")),
            None => Err("it ends too soon".to_string()),
        }
    }

    fn arguments(&mut self, name: &'a str) -> Result<(), String> {
        self.expect('(')?;
        let mut arguments = 1;
        self.sum()?;
        while self.take(&[',']).is_some() {
            self.sum()?;
            arguments += 1;
        }
        self.expect(')')?;
        self.ops.push(Op::Call { name, arguments });
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
