//! The HTTP client of downloads, or what stands in for it in a build without the feature `download`.

use std::io::Read;
#[cfg(feature = "download")]
use std::time::Duration;

#[cfg(feature = "download")]
use ureq::Agent;

/// Longest silence of a server.
#[cfg(feature = "download")]
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest download, however slow the server: 512 MiB at 75 kB/s.
#[cfg(feature = "download")]
const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);

/// Asks servers for files.
pub(crate) struct Client(#[cfg(feature = "download")] Agent);

/// Why there is no answer.
pub(crate) enum Refused {
    /// The build has no client.
    #[cfg_attr(feature = "download", expect(dead_code, reason = "this build has a client"))]
    NotBuiltIn,
    /// No connection, or an answer that is not the file.
    #[cfg_attr(not(feature = "download"), expect(dead_code, reason = "this build asks nobody"))]
    Server { status: Option<u16>, reason: String },
}

/// The start of an answer.
pub(crate) struct Answer {
    /// Its length in bytes, where the server states it.
    pub expected: Option<u64>,
    /// Its content.
    pub content: Box<dyn Read>,
}

#[cfg(feature = "download")]
impl Client {
    /// A client that heeds the proxy variables of the environment.
    pub(crate) fn new() -> Client {
        Client::with_limit(Agent::config_builder(), LONGEST)
    }

    /// A client that asks this machine directly, whatever proxy the environment names.
    #[cfg(test)]
    pub(crate) fn direct() -> Client {
        Client::direct_with_limit(LONGEST)
    }

    /// The same, with another limit on the time of a download.
    #[cfg(test)]
    pub(crate) fn direct_with_limit(longest: Duration) -> Client {
        Client::with_limit(Agent::config_builder().proxy(None), longest)
    }

    fn with_limit(config: ureq::config::ConfigBuilder<ureq::typestate::AgentScope>, longest: Duration) -> Client {
        let config = config
            .timeout_global(Some(longest))
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .timeout_per_read(Some(PATIENCE));
        Client(config.build().into())
    }

    /// Asks for `url`.
    pub(crate) fn get(&self, url: &str) -> Result<Answer, Refused> {
        let body = self.0.get(url).call().map_err(|error| refused(&error))?.into_body();
        Ok(Answer { expected: body.content_length(), content: Box::new(body.into_reader()) })
    }
}

#[cfg(feature = "download")]
fn refused(error: &ureq::Error) -> Refused {
    let status = if let ureq::Error::StatusCode(status) = error { Some(*status) } else { None };
    Refused::Server { status, reason: error.to_string() }
}

#[cfg(not(feature = "download"))]
impl Client {
    pub(crate) fn new() -> Client {
        Client()
    }

    pub(crate) fn get(&self, _url: &str) -> Result<Answer, Refused> {
        Err(Refused::NotBuiltIn)
    }
}
