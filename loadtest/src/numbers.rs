//! Numbers as people read them: digits in threes, and units that fit the size.

/// A count, with its digits in threes.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Microseconds, in the unit that fits.
pub(crate) fn duration_us(us: f64) -> String {
    match us {
        us if us < 1_000.0 => format!("{us:.0} µs"),
        us if us < 1e6 => format!("{} ms", digits(us / 1e3)),
        us => format!("{} s", digits(us / 1e6)),
    }
}

/// Bytes, in the unit that fits.
pub(crate) fn bytes(bytes: f64) -> String {
    match bytes.abs() {
        size if size < 1_024.0 => format!("{bytes:.0} B"),
        size if size < 1_048_576.0 => format!("{} KiB", digits(bytes / 1_024.0)),
        size if size < 1_073_741_824.0 => format!("{} MiB", digits(bytes / 1_048_576.0)),
        _ => format!("{} GiB", digits(bytes / 1_073_741_824.0)),
    }
}

/// Any value, with three digits that count.
pub(crate) fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 1_000.0 => {
            let sign = if value < 0.0 { "-" } else { "" };
            format!("{sign}{}", count(rounded(size)))
        }
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        0.0 => "0".to_owned(),
        _ => format!("{value:.4}"),
    }
}

/// A figure's value in the unit that its name ends with.
pub(crate) fn figure(name: &str, value: f64) -> String {
    if name.contains(" / ") || name.ends_with("_over_baseline") {
        return format!("{} ×", digits(value));
    }
    let unit = name.rsplit('.').next().unwrap_or(name);
    match unit {
        unit if unit.ends_with("_share") || unit.ends_with("_share_max") => {
            format!("{} %", digits(value * 100.0))
        }
        unit if unit.contains("_us_per_") => format!("{} µs", digits(value)),
        unit if unit.ends_with("_us") => duration_us(value),
        unit if unit.ends_with("bytes_per_second") => format!("{}/s", bytes(value)),
        unit if unit.contains("bytes") => bytes(value),
        unit if unit.ends_with("_s") || unit == "seconds" => format!("{} s", digits(value)),
        _ => digits(value),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and saturates where it is huge"
)]
fn rounded(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_threes_units_and_three_digits() {
        assert_eq!([0, 999, 1_000, 18_000_000].map(count), ["0", "999", "1,000", "18,000,000"]);
        assert_eq!(
            [12.0, 3_400.0, 145_000.0, 2e6].map(duration_us),
            ["12 µs", "3.40 ms", "145 ms", "2.00 s"]
        );
        assert_eq!(
            [100.0, 1_536.0, 3e7, -2_048.0].map(bytes),
            ["100 B", "1.50 KiB", "28.6 MiB", "-2.00 KiB"]
        );
        assert_eq!(figure("a.cpu_us_per_delivery_over_baseline", 1.1), "1.10 ×");
        assert_eq!(figure("a.p99_us / b.p99_us", 5.0), "5.00 ×");
        assert_eq!(figure("rest.cpu_share", 0.004), "0.4000 %");
        assert_eq!(figure("a.cpu_us_per_delivery", 5.06), "5.06 µs");
        assert_eq!(figure("a.class.student.p99_us", 5_060.0), "5.06 ms");
        assert_eq!(figure("a.rss_slope_bytes_per_second", 5_120.0), "5.00 KiB/s");
        assert_eq!(figure("a.deliveries", 629_650.0), "629,650");
    }
}
