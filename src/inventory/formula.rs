//! The arithmetic of an explanation: a tiny expression evaluator, so that every stored formula can be recomputed.
//!
//! Grammar: numbers, names, `+ - * /`, parentheses and the functions `max(a, b, ..)`, `min(a, b, ..)`, `sqrt(a)`, `ceil(a)`,
//! `floor(a)`, `round(a)`, `abs(a)`.

use crate::outcome::Step;

/// Value of `formula` when each name has the value `bind` gives it.
///
/// # Errors
/// With the place and what was expected there, when the formula does not parse or a name is unknown.
pub fn evaluate(formula: &str, bind: &dyn Fn(&str) -> Option<f64>) -> Result<f64, String> {
    let mut parser = Parser { text: formula, at: 0, bind };
    let value = parser.sum()?;
    parser.skip_spaces();
    if parser.at == formula.len() { Ok(value) } else { Err(parser.expected("an operator")) }
}

/// Recomputes every step from its inputs and the steps before it and compares: relative tolerance 1e-9.
///
/// # Errors
/// With the first step that does not come out.
pub fn verify(steps: &[Step]) -> Result<(), String> {
    for (i, step) in steps.iter().enumerate() {
        let bind = |name: &str| {
            let own = step.inputs.iter().find(|(n, _)| *n == name).map(|&(_, v)| v);
            own.or_else(|| steps[..i].iter().rev().find(|s| s.name == name).map(|s| s.value))
        };
        let value = evaluate(&step.formula, &bind).map_err(|e| format!("{}: {e}", step.name))?;
        let close = (value - step.value).abs() <= 1e-9 * step.value.abs().max(1.0);
        if !close {
            return Err(format!("{} = {} gives {value}, not {}", step.name, step.formula, step.value));
        }
    }
    Ok(())
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    bind: &'a dyn Fn(&str) -> Option<f64>,
}

impl Parser<'_> {
    fn sum(&mut self) -> Result<f64, String> {
        let mut value = self.product()?;
        loop {
            if self.take('+') {
                value += self.product()?;
            } else if self.take('-') {
                value -= self.product()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<f64, String> {
        let mut value = self.factor()?;
        loop {
            if self.take('*') {
                value *= self.factor()?;
            } else if self.take('/') {
                value /= self.factor()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn factor(&mut self) -> Result<f64, String> {
        if self.take('-') {
            return Ok(-self.factor()?);
        }
        if self.take('(') {
            let value = self.sum()?;
            return self.close().map(|()| value);
        }
        let word = self.word();
        if word.is_empty() {
            return Err(self.expected("a number, a name or `(`"));
        }
        if self.take('(') {
            return self.call(&word);
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return word.parse().map_err(|_| self.expected("a number"));
        }
        (self.bind)(&word).ok_or_else(|| format!("`{word}` has no value in `{}`", self.text))
    }

    fn call(&mut self, name: &str) -> Result<f64, String> {
        let mut arguments = vec![self.sum()?];
        while self.take(',') {
            arguments.push(self.sum()?);
        }
        self.close()?;
        match (name, arguments.as_slice()) {
            ("max", all) => Ok(all.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
            ("min", all) => Ok(all.iter().copied().fold(f64::INFINITY, f64::min)),
            ("sqrt", [x]) => Ok(x.sqrt()),
            ("ceil", [x]) => Ok(x.ceil()),
            ("floor", [x]) => Ok(x.floor()),
            ("round", [x]) => Ok(x.round()),
            ("abs", [x]) => Ok(x.abs()),
            _ => Err(format!("no function `{name}` of {} arguments in `{}`", arguments.len(), self.text)),
        }
    }

    fn close(&mut self) -> Result<(), String> {
        if self.take(')') { Ok(()) } else { Err(self.expected("`)`")) }
    }

    fn take(&mut self, symbol: char) -> bool {
        self.skip_spaces();
        let found = self.text[self.at..].starts_with(symbol);
        self.at += if found { symbol.len_utf8() } else { 0 };
        found
    }

    fn word(&mut self) -> String {
        self.skip_spaces();
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
        self.at += end;
        rest[..end].to_string()
    }

    fn skip_spaces(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn expected(&self, what: &str) -> String {
        format!("expected {what} at character {} of `{}`", self.at + 1, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(formula: &str) -> Result<f64, String> {
        evaluate(formula, &|name| {
            [("peak", 20.0), ("max_lead_time", 21.0), ("x", 10.0)].iter().find(|b| b.0 == name).map(|b| b.1)
        })
    }

    #[test]
    fn arithmetic_follows_the_usual_precedence() {
        assert_eq!(value("peak * max_lead_time - x * 7").unwrap(), 350.0);
        assert_eq!(value("-(2 + 3) * -2 / 4").unwrap(), 2.5);
        assert_eq!(value("max(1, min(9, x), 2) + ceil(sqrt(10)) - floor(1.5) - round(0.5) + abs(-1)").unwrap(), 12.0);
    }

    #[test]
    fn what_does_not_parse_is_said_with_its_place() {
        assert_eq!(value("1 +").unwrap_err(), "expected a number, a name or `(` at character 4 of `1 +`");
        assert!(value("unknown * 2").unwrap_err().contains("`unknown` has no value"));
        assert!(value("(1").unwrap_err().contains("expected `)`"));
        assert!(value("1 2").unwrap_err().contains("expected an operator"));
        assert!(value("sin(1)").unwrap_err().contains("no function `sin`"));
        assert!(value("1.2.3").is_err());
    }
}
