//! The answers of `ohmspike deploy` in a folder as figures and a page section.

use maud::html;
use ohmspike_answers::deploy::Deployment;

use crate::figures::Figure;
use crate::figures::deployment::deployment_figures;
use crate::page::Section;
use crate::page::deployment::section;
use crate::rendered_answer::RenderedAnswer;

/// Returns the answers as figures and a section. Their files are written by the deployments themselves.
pub fn shown(deployments: &[Deployment]) -> RenderedAnswer {
    let figures: Vec<Vec<Figure>> = deployments.iter().map(deployment_figures).collect();
    let body = html! {
        @for (deployment, figures) in deployments.iter().zip(&figures) {
            @if deployments.len() > 1 { h3 { "Question " (deployment.number) } }
            (section(deployment, figures))
        }
    };
    RenderedAnswer {
        files: Vec::new(),
        figures: figures.into_iter().flatten().collect(),
        section: Section { id: "deployment", heading: "Accuracy on chips", body },
        details: Vec::new(),
    }
}
