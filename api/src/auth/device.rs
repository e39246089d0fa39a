//! What a device is called before its owner names it: a guess at the program and the system behind a user agent.
//!
//! It is for people to recognise, not for anything to depend on, so a table of the common ones does; crates that know them
//! all take a tenth of a second and tens of megabytes to start, or have not been released for years.

use entity::device::Platform;

/// Programs by what their user agent contains. The first that fits counts: most of them name others, too.
const PROGRAMS: &[(&str, &str, Platform)] = &[
    ("Edg", "Edge", Platform::Browser),
    ("OPR/", "Opera", Platform::Browser),
    ("Vivaldi/", "Vivaldi", Platform::Browser),
    ("SamsungBrowser/", "Samsung Internet", Platform::Browser),
    ("Electron/", "Desktop app", Platform::Desktop),
    ("Firefox/", "Firefox", Platform::Browser),
    ("FxiOS/", "Firefox", Platform::Browser),
    ("CriOS/", "Chrome", Platform::Browser),
    ("Chrome/", "Chrome", Platform::Browser),
    ("Safari/", "Safari", Platform::Browser),
    ("okhttp/", "Android app", Platform::Mobile),
    ("CFNetwork/", "Apple app", Platform::Mobile),
    ("Dart/", "Flutter app", Platform::Mobile),
    ("curl/", "curl", Platform::Script),
    ("python", "Python", Platform::Script),
    ("node", "Node.js", Platform::Script),
    ("Go-http-client/", "Go", Platform::Script),
    ("Apollo", "Apollo", Platform::Script),
];

/// Systems by what the user agent contains; those that name others come first.
const SYSTEMS: &[(&str, &str, bool)] = &[
    ("iPhone", "iPhone", true),
    ("iPad", "iPad", true),
    ("Android", "Android", true),
    ("CrOS", "ChromeOS", false),
    ("Windows", "Windows", false),
    ("Macintosh", "macOS", false),
    ("Mac OS X", "macOS", false),
    ("Darwin", "macOS", false),
    ("Linux", "Linux", false),
];

/// The name and the kind, e.g. `Firefox on Linux`.
pub fn describe(agent: &str) -> (String, Platform) {
    let program = PROGRAMS.iter().find(|(part, ..)| agent.contains(part));
    let system = SYSTEMS.iter().find(|(part, ..)| agent.contains(part));
    let platform = match (program, system) {
        (Some((_, _, Platform::Browser)), Some((_, _, true))) | (None, Some((_, _, true))) => Platform::Mobile,
        (Some((_, _, platform)), _) => *platform,
        (None, _) => Platform::Unknown,
    };
    let name = match (program, system) {
        (Some((_, program, _)), Some((_, system, _))) => format!("{program} on {system}"),
        (Some((_, name, _)), None) | (None, Some((_, name, _))) => (*name).to_owned(),
        (None, None) => "Unknown device".to_owned(),
    };
    (name, platform)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_programs_are_recognised() {
        let table = [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                "Firefox on Linux",
                Platform::Browser,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0",
                "Edge on Windows",
                Platform::Browser,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
                Platform::Mobile,
            ),
            (
                "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36",
                "Chrome on Android",
                Platform::Mobile,
            ),
            ("curl/8.5.0", "curl", Platform::Script),
            ("", "Unknown device", Platform::Unknown),
            ("\u{1f980}", "Unknown device", Platform::Unknown),
        ];
        for (agent, name, platform) in table {
            assert_eq!(describe(agent), (name.to_owned(), platform), "{agent}");
        }
    }
}
