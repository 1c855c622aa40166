//! The HTTP client for downloads, or a stub in builds without the feature `download`.

use std::io::Read;
#[cfg(feature = "download")]
use std::time::Duration;

#[cfg(feature = "download")]
use ureq::Agent;

/// Longest wait for the server.
#[cfg(feature = "download")]
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest duration of a download; allows 512 MiB at 75 kB/s.
#[cfg(feature = "download")]
const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);

/// Requests files from servers.
pub(crate) struct Client(#[cfg(feature = "download")] Agent);

/// Reason for a failed request.
pub(crate) enum Refused {
    /// The build has no HTTP client.
    #[cfg_attr(feature = "download", expect(dead_code, reason = "this build has a client"))]
    NotBuiltIn,
    /// No connection, or a response other than the file.
    #[cfg_attr(not(feature = "download"), expect(dead_code, reason = "this build has no HTTP client"))]
    Server { status: Option<u16>, reason: String },
}

/// Headers and content stream of a response.
pub(crate) struct Answer {
    /// Content length in bytes, if the server states it.
    pub expected: Option<u64>,
    /// Content stream.
    pub content: Box<dyn Read>,
}

#[cfg(feature = "download")]
impl Client {
    /// Creates a client that honours the proxy variables of the environment.
    pub(crate) fn new() -> Client {
        Client::with_limit(Agent::config_builder(), LONGEST)
    }

    /// Creates a client that ignores the proxy variables of the environment.
    #[cfg(test)]
    pub(crate) fn direct() -> Client {
        Client::direct_with_limit(LONGEST)
    }

    /// Creates a client without a proxy, with the given time limit per download.
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

    /// Requests `url`.
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
