//! How fast an item sells and how long its stock lasts.

use crate::classify::Settings;
use crate::domain::classes::VelocityClass;

/// fast, medium, slow, or none when nothing sells.
#[must_use]
pub fn velocity_class(units_per_day: f64, settings: &Settings) -> VelocityClass {
    if units_per_day <= 0.0 {
        VelocityClass::None
    } else if units_per_day >= settings.fast_per_day {
        VelocityClass::Fast
    } else if units_per_day >= settings.medium_per_day {
        VelocityClass::Medium
    } else {
        VelocityClass::Slow
    }
}

/// Days the available stock lasts: available / units a day; `None` when nothing sells.
///
/// ```
/// use orderpoint::classify::velocity::days_of_cover;
/// assert_eq!(days_of_cover(350.0, 10.0), Some(35.0));
/// assert_eq!(days_of_cover(350.0, 0.0), None);
/// ```
#[must_use]
pub fn days_of_cover(available: f64, units_per_day: f64) -> Option<f64> {
    (units_per_day > 0.0).then(|| available.max(0.0) / units_per_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b5_classes_and_cover() {
        let s = Settings::default();
        assert_eq!(
            [5.0, 1.0, 0.2, 0.0].map(|v| velocity_class(v, &s)),
            [VelocityClass::Fast, VelocityClass::Medium, VelocityClass::Slow, VelocityClass::None]
        );
        assert_eq!(days_of_cover(350.0, 10.0), Some(35.0));
        assert_eq!(days_of_cover(1210.0, 10.0), Some(121.0));
        assert_eq!(days_of_cover(5.0, 0.0), None);
    }
}
