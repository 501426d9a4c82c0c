//! Packages with their index signed and judged.

use std::path::Path;

use preservation::aip::{AipBuilt, AipPlan};
use preservation::verify::{IndexJudgement, IndexToVerify, SignatureOutcome};
use preservation::{Message, Output, PackageReport};
use validation::{Lang, Report, Verdict};

use crate::verify::judge_octets;
use crate::{Result, SignOptions, VerifyOptions};

/// Makes an archive package (PdA) whose UNI 11386 index is signed with these
/// options: CAdES-T when they name authorities.
///
/// # Errors
/// The deposit package is not valid, agents are missing, a key or an authority
/// fails, the output is in the way. Nothing is left behind then.
pub fn build_aip(
    plan: &AipPlan<'_>,
    options: &SignOptions<'_>,
    output: Output<'_, '_>,
) -> Result<AipBuilt> {
    crate::sign::refuse_obstacles(options)?;
    let mut sign = |index: &[u8]| -> std::result::Result<Vec<u8>, preservation::aip::SignError> {
        Ok(crate::sign::sign_octets(index, options)?)
    };
    Ok(preservation::aip::build(plan, &mut sign, output)?)
}

/// Checks a package, folder or ZIP: structure, completeness, every digest,
/// and the signatures on the index of an archive package.
///
/// # Errors
/// The path is no package, or cannot be read. What is wrong with a package is
/// in its report.
pub fn verify_package(
    path: &Path,
    options: &VerifyOptions<'_>,
    progress: &mut preservation::Progress<'_>,
) -> Result<(PackageReport, Option<Report>)> {
    let mut signatures = None;
    let mut judge = |index: IndexToVerify<'_>| {
        let name = path.join(index.path);
        match judge_octets(index.p7m, &name, options) {
            Ok((report, content)) => {
                let judgement = judgement(&report, content);
                signatures = Some(report);
                judgement
            }
            Err(error) => IndexJudgement {
                outcome: SignatureOutcome::Failed,
                content: None,
                message: Some(Message::new(
                    format!("La firma dell'indice non si legge: {}.", crate::describe(&error)),
                    format!(
                        "The signature on the index cannot be read: {}.",
                        crate::describe(&error)
                    ),
                )),
            },
        }
    };
    let limits = preservation::Limits::default();
    let report = preservation::verify::verify_with(path, &mut judge, &limits, progress)?;
    Ok((report, signatures))
}

fn judgement(report: &Report, content: Vec<u8>) -> IndexJudgement {
    let outcome = match report.verdict {
        Verdict::TotalPassed => SignatureOutcome::Passed,
        Verdict::Indeterminate => SignatureOutcome::Indeterminate,
        Verdict::TotalFailed | Verdict::NoSignature => SignatureOutcome::Failed,
    };
    let message = Message::new(
        validation::text::summary(report, Lang::It).0,
        validation::text::summary(report, Lang::En).0,
    );
    IndexJudgement { outcome, content: Some(content), message: Some(message) }
}
