//! A person with a browser: follows addresses one by one, keeps cookies by their paths, fills the provider's forms.

use std::collections::BTreeMap;

use reqwest::{Client, RequestBuilder, header, redirect::Policy};

/// One browser of one person.
pub(crate) struct Browser {
    http: Client,
    /// By port, name and path: ports of one machine share cookies in a browser, but never a name here.
    cookies: BTreeMap<(String, String), String>,
}

/// What is shown.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: header::HeaderMap,
    pub(crate) text: String,
    /// Where the browser is sent.
    pub(crate) location: Option<String>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self { http: Client::builder().redirect(Policy::none()).build().unwrap(), cookies: BTreeMap::new() }
    }

    async fn send(&mut self, url: &str, request: RequestBuilder) -> Page {
        let url: reqwest::Url = url.parse().unwrap();
        let fit = self.cookies.iter().filter(|((_, path), _)| url.path().starts_with(path.as_str()));
        let line = fit.map(|((name, _), value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let answer = request.header(header::COOKIE, line).send().await.unwrap();
        for set in answer.headers().get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            let mut parts = set.split(';').map(str::trim);
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            let path = parts.find_map(|part| part.strip_prefix("path=").or(part.strip_prefix("Path="))).unwrap_or("/");
            self.cookies.insert((name.to_owned(), path.to_owned()), value.to_owned());
        }
        let location = answer.headers().get(header::LOCATION).map(|to| url.join(to.to_str().unwrap()).unwrap().to_string());
        Page { status: answer.status().as_u16(), headers: answer.headers().clone(), location, text: answer.text().await.unwrap() }
    }

    pub(crate) async fn open(&mut self, url: &str) -> Page {
        self.send(url, self.http.get(url)).await
    }

    async fn submit(&mut self, url: &str, form: &'static str) -> Page {
        let request = self.http.post(url).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        self.send(url, request).await
    }

    /// Opens the link of a connect page and follows it to the provider's first form; its address.
    async fn reach_the_form(&mut self, link: &str) -> String {
        let page = self.open(link).await;
        assert_eq!(page.status, 200, "{page:?}");
        let address = page.text.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
        let page = self.open(&address).await;
        assert_eq!(page.status, 303, "{page:?}");
        page.location.unwrap()
    }

    /// Signs on and consents; the address that the provider sends the browser back to, which is not opened yet.
    pub(crate) async fn consent(&mut self, link: &str) -> String {
        let mut at = self.reach_the_form(link).await;
        // A person that is known already is only asked for the consent.
        for _ in 0..4 {
            let form = if self.open(&at).await.text.contains("name=\"login\"") {
                "prompt=login&login=anna&password=x"
            } else {
                "prompt=consent"
            };
            let on = self.submit(&at, form).await.location.unwrap();
            at = self.open(&on).await.location.unwrap();
            if at.contains("/v1/oauth/callback") {
                return at;
            }
        }
        panic!("still at {at}")
    }

    /// Turns the provider's question down.
    pub(crate) async fn decline(&mut self, link: &str) -> String {
        let at = self.reach_the_form(link).await;
        let on = self.open(&format!("{at}/abort")).await.location.unwrap();
        self.open(&on).await.location.unwrap()
    }
}
