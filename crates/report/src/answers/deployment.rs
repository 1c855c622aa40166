//! The answer of `ohmspike deploy` as figures and a page section.

use ohmspike_answers::deploy::Deployment;

use crate::figures::deployment::deployment_figures;
use crate::page::Section;
use crate::page::deployment::section;
use crate::rendered_answer::RenderedAnswer;

/// Returns the answer as figures and a section. Its files are written by the deployment itself.
pub fn shown(deployment: &Deployment) -> RenderedAnswer {
    let body = section(deployment);
    let figures = deployment_figures(deployment);
    RenderedAnswer {
        files: Vec::new(),
        figures,
        section: Section { id: "deployment", heading: "Accuracy on chips", body },
        details: Vec::new(),
    }
}
