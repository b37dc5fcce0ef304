//! A headless Chromium, driven over `WebDriver` as a person would use it: by what stands on the screen.
//!
//! Stories whose browser is missing say so and try nothing. Browsers are slow to start and hungry, so that only a few run at the
//! same time; none outlives the tests.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use futures::FutureExt;
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use url::{ParseError, Url};

/// What finds barriers for people (<https://github.com/dequelabs/axe-core>, version 4.14.1, `axe.LICENSE`).
const AXE: &str = include_str!("axe.min.js");

/// How many browsers run at the same time.
static SEATS: Semaphore = Semaphore::const_new(2);

/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_mins(1);

/// The programs, wherever the system has them.
const BROWSERS: [&str; 2] = ["chromium", "chromium-browser"];

/// How the pages are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// In pixels.
    pub(super) width: u32,
    /// Whether scripts run.
    pub(super) scripts: bool,
    /// Whether there is a keyboard and nothing else.
    pub(super) keyboard: bool,
}

impl Window {
    /// A desk, with scripts.
    pub(super) const DESK: Self = Self { width: 1_400, scripts: true, keyboard: false };
    /// A desk without scripts.
    pub(super) const PLAIN: Self = Self { width: 1_400, scripts: false, keyboard: false };
    /// A desk without a mouse.
    pub(super) const KEYS: Self = Self { width: 1_400, scripts: true, keyboard: true };
}

/// A browser at one server.
pub(super) struct Browser {
    client: Client,
    base: String,
    keyboard: bool,
}

/// The driver that starts browsers, for all stories of this process.
struct Driver {
    url: String,
    _undertaker: Mutex<Child>,
}

fn installed(program: &str) -> Option<String> {
    let paths = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&paths).map(|dir| dir.join(program)).find(|path| path.is_file());
    found.map(|path| path.to_string_lossy().into_owned())
}

/// The driver; `None` if this machine has no browser.
fn driver() -> Option<&'static Driver> {
    static DRIVER: OnceLock<Option<Driver>> = OnceLock::new();
    let start = || {
        installed("chromedriver")?;
        // A shell that ends the driver, and with it its browsers, when the tests end, however they do.
        let script = "chromedriver --port=0 & driver=$!; while kill -0 \"$1\" 2>/dev/null; do sleep 1; done; \
                      kill $driver; wait $driver";
        let mut child = Command::new("sh")
            .args(["-c", script, "driver", &std::process::id().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is a shell");
        let lines = BufReader::new(child.stdout.take().expect("its output is read")).lines();
        let mut lines = lines.map_while(Result::ok);
        let line = lines.find(|line| line.contains("started successfully on port")).expect("the driver starts");
        let port: u16 =
            line.trim_end_matches('.').rsplit(' ').next().and_then(|port| port.parse().ok()).expect("a port");
        // Nobody reads what else it says.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Driver { url: format!("http://127.0.0.1:{port}"), _undertaker: Mutex::new(child) })
    };
    DRIVER.get_or_init(start).as_ref()
}

/// Opens a browser at this address, goes the way in it, and closes it, whatever comes of it. Without a browser on this machine
/// nothing is tried.
pub(super) async fn browse(base: &str, window: Window, way: impl AsyncFnOnce(&Browser)) {
    let program = BROWSERS.iter().find_map(|program| installed(program));
    let (Some(program), Some(driver)) = (program, driver()) else {
        say_left_out();
        return;
    };
    let _seat = SEATS.acquire().await.expect("seats are there");
    let mut arguments = vec![
        "--headless=new".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--hide-scrollbars".to_owned(),
        "--lang=en".to_owned(),
        // Nothing is found but what is on this machine.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1".to_owned(),
        format!("--window-size={},900", window.width),
    ];
    if !window.scripts {
        arguments.push("--blink-settings=scriptEnabled=false".to_owned());
    }
    let capabilities = json!({
        "goog:chromeOptions": {
            "binary": program, "args": arguments, "perfLoggingPrefs": { "enableNetwork": true, "enablePage": false },
        },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    });
    let Value::Object(capabilities) = capabilities else { unreachable!("an object was written") };
    let client = ClientBuilder::new(HttpConnector::new())
        .capabilities(Capabilities::from_iter(capabilities))
        .connect(&driver.url)
        .await
        .expect("the browser starts");
    let browser =
        Browser { client: client.clone(), base: base.trim_end_matches('/').to_owned(), keyboard: window.keyboard };
    let done = AssertUnwindSafe(way(&browser)).catch_unwind().await;
    if done.is_err() {
        browser.keep_picture_of_failure().await;
    }
    let closed = client.close().await;
    if let Err(panic) = done {
        resume_unwind(panic);
    }
    closed.expect("the browser closes");
}

#[expect(clippy::print_stderr, reason = "whoever runs the stories has to see it")]
fn say_left_out() {
    static SAID: LazyLock<Mutex<bool>> = LazyLock::new(Mutex::default);
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if !*said {
        *said = true;
        eprintln!(
            "LEFT OUT: no browser was found, so the stories of the pages tried nothing; tools/test-programs installs one"
        );
    }
}

/// A command of Chromium's own.
#[derive(Debug)]
struct Own(&'static str, Value);

impl WebDriverCompatibleCommand for Own {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.0))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.1.to_string()))
    }
}

impl Browser {
    /// Goes to a path.
    pub(super) async fn open(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base)).await.expect("the page opens");
    }

    /// The path of the page, with what its address asks for.
    pub(super) async fn path(&self) -> String {
        let url = self.client.current_url().await.expect("there is a page");
        url[url::Position::BeforePath..].to_owned()
    }

    /// Everything that stands on the page.
    pub(super) async fn text(&self) -> String {
        let body = self.client.find(Locator::Css("body")).await.expect("a page has a body");
        body.text().await.expect("a page has text")
    }

    /// Waits until this stands on the page.
    pub(super) async fn sees(&self, text: &str) {
        let seen = async {
            loop {
                // The page may just be changing.
                if let Ok(body) = self.client.find(Locator::Css("body")).await
                    && body.text().await.is_ok_and(|all| all.contains(text))
                {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let seen = tokio::time::timeout(PATIENCE, seen).await;
        assert!(seen.is_ok(), "{text:?} should be on {}: {}", self.path().await, self.text().await);
    }

    /// The element of this selector, as soon as it is there.
    pub(super) async fn at(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{css} should be on {}: {error}\n{}", self.path().await, self.text().await),
        }
    }

    /// Types into the field with this name, in place of what is in it.
    pub(super) async fn fill(&self, name: &str, text: &str) {
        let field = self.at(&format!("main [name='{name}']:not([type='hidden'])")).await;
        if self.keyboard {
            self.tabs_to(&field).await;
            // All that is in it, and then something else.
            self.keys(&format!("{}a{}{text}", char::from(Key::Control), char::from(Key::Null))).await;
            return;
        }
        field.clear().await.expect("the field can be emptied");
        field.send_keys(text).await.expect("the field can be filled");
    }

    /// Ticks the box, or chooses the one of several, with this label.
    pub(super) async fn tick(&self, label: &str) {
        let path =
            format!("//main//label[normalize-space(.)=\"{label}\" or starts-with(normalize-space(.), \"{label} \")]");
        let label = self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(&path)).await.expect("the label");
        let id = label.attr("for").await.expect("a label has attributes").expect("a label names its field");
        let field = self.at(&format!("[id='{id}']")).await;
        if self.keyboard {
            self.tabs_to(&field).await;
            self.keys(" ").await;
        } else {
            field.click().await.expect("it can be ticked");
        }
    }

    /// Goes from field to field until this one has the focus, as people without a mouse do.
    async fn tabs_to(&self, element: &Element) {
        for _ in 0..300 {
            let active = self.client.active_element().await.expect("something has the focus");
            if active.element_id() == element.element_id() {
                return;
            }
            self.keys(&char::from(Key::Tab).to_string()).await;
        }
        panic!("the keyboard does not lead there: {:?}", element.html(false).await);
    }

    /// Chooses this value of the field with this name.
    pub(super) async fn choose(&self, name: &str, value: &str) {
        let field = self.at(&format!("main select[name='{name}']")).await;
        field.select_by_value(value).await.expect("the value can be chosen");
    }

    /// Presses the button, or follows the link, that says this.
    pub(super) async fn press(&self, words: &str) {
        let quoted = format!("\"{words}\"");
        let path = format!(
            "//main//*[self::button or self::a or self::summary or self::label][normalize-space(.)={quoted}][not(@aria-hidden='true')] | \
             //header//*[self::button or self::a][normalize-space(.)={quoted}] | \
             //footer//button[normalize-space(.)={quoted}]"
        );
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(&path)).await;
        let Ok(element) = found else {
            panic!("{words:?} should be on {}: {}", self.path().await, self.text().await);
        };
        if self.keyboard {
            self.tabs_to(&element).await;
            self.keys(&char::from(Key::Enter).to_string()).await;
            return;
        }
        element.click().await.expect("it can be pressed");
    }

    /// Presses keys where the focus is, one after the other. What follows a [`Key::Control`] is pressed with it, until
    /// [`Key::Null`].
    pub(super) async fn keys(&self, keys: &str) {
        let (mut all, mut held) = (KeyActions::new("keyboard".to_owned()), false);
        for value in keys.chars() {
            if value == char::from(Key::Control) {
                (all, held) = (all.then(KeyAction::Down { value }), true);
            } else if value == char::from(Key::Null) {
                (all, held) = (all.then(KeyAction::Up { value: char::from(Key::Control) }), false);
            } else {
                all = all.then(KeyAction::Down { value }).then(KeyAction::Up { value });
            }
        }
        assert!(!held, "a key is let go");
        self.client.perform_actions(all).await.expect("keys can be pressed");
    }

    /// Runs a script on the page.
    pub(super) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.expect("the script runs")
    }

    /// Goes back as the browser's button does.
    pub(super) async fn back(&self) {
        self.client.back().await.expect("there was a page before");
    }

    /// Asks for the page again.
    pub(super) async fn reload(&self) {
        self.client.refresh().await.expect("the page loads again");
    }

    /// Opens another tab and goes there.
    pub(super) async fn another_tab(&self) {
        let tab = self.client.new_window(true).await.expect("a tab opens");
        self.client.switch_to_window(tab.handle).await.expect("the tab is there");
    }

    /// Goes to the first tab.
    pub(super) async fn first_tab(&self) {
        let tabs = self.client.windows().await.expect("there are tabs");
        self.client.switch_to_window(tabs[0].clone()).await.expect("the tab is there");
    }

    /// Logs in by the page for it.
    pub(super) async fn logs_in(&self, email: &str, password: &str) {
        self.open("/log-in").await;
        self.fill("email", email).await;
        self.fill("password", password).await;
        let button = self.at("main form[action='/log-in'] .buttons button").await;
        if self.keyboard {
            self.tabs_to(&button).await;
            self.keys(&char::from(Key::Enter).to_string()).await;
        } else {
            button.click().await.expect("it can be pressed");
        }
        self.at("form[action='/log-out']").await;
    }

    /// The value of the element of this selector.
    pub(super) async fn value_of(&self, css: &str) -> String {
        self.at(css).await.attr("value").await.expect("an element has attributes").unwrap_or_default()
    }

    /// Presses the one main button of a question.
    pub(super) async fn press_main(&self) {
        let button = self.at("main form .buttons button").await;
        if self.keyboard {
            self.tabs_to(&button).await;
            self.keys(&char::from(Key::Enter).to_string()).await;
        } else {
            button.click().await.expect("it can be pressed");
        }
    }

    /// Has the pages in this language.
    pub(super) async fn speaks(&self, language: &str) {
        self.switches(&format!("button[name='language'][value='{language}']")).await;
        self.at(&format!("html[lang='{language}']")).await;
    }

    /// Has the pages in these colours.
    pub(super) async fn coloured(&self, theme: &str) {
        self.switches(&format!("button[name='theme'][value='{theme}']")).await;
        self.at(&format!("html[data-theme='{theme}']")).await;
    }

    /// Presses a switch, and waits until the page that follows is there.
    async fn switches(&self, css: &str) {
        self.run("document.body.dataset.before = 'yes'").await;
        self.at(css).await.click().await.expect("it can be pressed");
        self.at("body:not([data-before]) footer").await;
    }

    /// The height of the whole page in pixels, as far as a picture can be.
    async fn height(&self) -> u32 {
        let height = self.run("return document.documentElement.scrollHeight").await.as_u64().unwrap_or(900);
        u32::try_from(height.clamp(600, 6_000)).unwrap_or(900)
    }

    /// Shows the page in these colours and this width, as it would be if they had been chosen before it was loaded.
    pub(super) async fn appears(&self, colours: &str, width: u32) {
        self.widens_to(width, 900).await;
        self.run(&format!("document.documentElement.dataset.theme = '{colours}'")).await;
    }

    /// Shows the whole page at once, as a picture has it.
    pub(super) async fn appears_whole(&self, width: u32) {
        self.widens_to(width, self.height().await).await;
    }

    /// Forgets who was logged in, as a browser does whose session has ended.
    pub(super) async fn forgets_who(&self) {
        self.client.delete_all_cookies().await.expect("cookies can be thrown away");
    }

    /// The width of the window, as a phone or a desk has it.
    async fn widens_to(&self, width: u32, height: u32) {
        let metrics = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 } });
        self.client.issue_cmd(Own("goog/cdp/execute", metrics)).await.expect("the window changes");
    }

    /// The serious barriers for people on the page, by axe-core.
    pub(super) async fn barriers(&self) -> Vec<String> {
        if self.run("return typeof axe").await == "undefined" {
            self.client.execute(AXE, Vec::new()).await.expect("axe loads");
        }
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document, { resultTypes: ['violations'] }).then(
                (found) => done(found.violations.filter((one) => ['serious', 'critical'].includes(one.impact)).map((one) =>
                    one.id + ': ' + one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + ' ' + node.failureSummary).join(' | '))),
                (error) => done(['axe failed: ' + error]));";
        let found = self.client.execute_async(script, Vec::new()).await.expect("axe runs");
        found.as_array().into_iter().flatten().map(|one| one.as_str().unwrap_or("?").to_owned()).collect()
    }

    /// How far what was there has moved while the page loaded: the share of the window, as the Layout Instability API counts it.
    pub(super) async fn shifted(&self) -> f64 {
        let script = "const done = arguments[arguments.length - 1];
            let sum = 0;
            const told = (list) => list.getEntries().forEach((entry) => { if (!entry.hadRecentInput) sum += entry.value; });
            new PerformanceObserver(told).observe({ type: 'layout-shift', buffered: true });
            requestAnimationFrame(() => setTimeout(() => done(sum), 0));";
        self.client.execute_async(script, Vec::new()).await.expect("the browser counts").as_f64().unwrap_or(1.0)
    }

    /// By how many pixels the page is wider than its window.
    pub(super) async fn overflow(&self) -> i64 {
        let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        self.run(script).await.as_i64().unwrap_or(0)
    }

    /// What somebody has to scroll sideways for: the place in the navigation where the page is, and columns of tables on a desk.
    pub(super) async fn out_of_sight(&self) -> Vec<String> {
        let script = "const out = [], here = document.querySelector('.top nav a[aria-current]');
            if (here) {
                const [at, nav] = [here.getBoundingClientRect(), here.closest('nav').getBoundingClientRect()];
                if (at.left < nav.left - 1 || at.right > nav.right + 1) out.push(here.textContent);
            }
            if (innerWidth > 1000) for (const table of document.querySelectorAll('.table')) {
                if (table.scrollWidth > table.clientWidth + 1) out.push(table.querySelector('th')?.textContent + ': ' + (table.scrollWidth - table.clientWidth));
            }
            return out;";
        let found = self.run(script).await;
        found.as_array().into_iter().flatten().map(|one| one.as_str().unwrap_or("?").to_owned()).collect()
    }

    /// What the browser complained of since it was asked last: scripts that failed, and what the policy of the page forbids.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let log = self.client.issue_cmd(Own("se/log", json!({ "type": "browser" }))).await.expect("the log is told");
        let lines = log.as_array().into_iter().flatten();
        let severe = lines.filter(|line| line["level"] == "SEVERE");
        severe.map(|line| line["message"].as_str().unwrap_or("?").to_owned()).collect()
    }

    /// The addresses that the browser asked other servers for since it was asked last.
    pub(super) async fn strangers(&self) -> Vec<String> {
        let log =
            self.client.issue_cmd(Own("se/log", json!({ "type": "performance" }))).await.expect("the log is told");
        let events = log.as_array().into_iter().flatten().filter_map(|line| {
            let event: Value = serde_json::from_str(line["message"].as_str()?).ok()?;
            let sent = event["message"]["method"] == "Network.requestWillBeSent";
            sent.then(|| event["message"]["params"]["request"]["url"].as_str().map(str::to_owned)).flatten()
        });
        events.filter(|url| url.starts_with("http") && !url.starts_with(&self.base)).collect()
    }

    /// A picture of the beginning of the page in these colours, as a window of this size shows it.
    pub(super) async fn picture_of(&self, colours: &str, width: u32, height: u32) -> Vec<u8> {
        self.appears(colours, width).await;
        self.widens_to(width, height).await;
        self.picture().await
    }

    /// A picture of the whole page.
    pub(super) async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.expect("a picture is taken")
    }

    #[expect(clippy::print_stderr, reason = "it belongs to the report of the failure")]
    async fn keep_picture_of_failure(&self) {
        let Ok(picture) = self.client.screenshot().await else { return };
        let path = std::env::temp_dir().join(format!("page-{}.png", uuid::Uuid::new_v4()));
        if std::fs::write(&path, picture).is_ok() {
            eprintln!("the page as it was: {}", path.display());
        }
    }
}
