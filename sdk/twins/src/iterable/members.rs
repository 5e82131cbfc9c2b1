//! Who is on a list, read back: one identifier a line, the whole list at once (*Remote segment*), a sample of it, and how many
//! they are. Lists of every type can be read (inferred).

use super::{limits, lists::no_list, options::Project, service::Service, user::User, words::Refusal};
use crate::vendor::{Call, Reply};

/// `getUsers?listId=&preferUserId=`.
pub(super) fn whole(service: &Service, call: &Call) -> Result<Reply, Refusal> {
    let question = Question::read(call)?;
    let lines = lines(service, &question)?;
    Ok(text(lines.into_iter().flat_map(|line| [line, "\n".to_owned()]).collect()))
}

/// `previewUsers?listId=&preferUserId=&size=`. The vendor's sample is random; the twin's is spread over the list and the same
/// each time.
pub(super) fn preview(service: &Service, call: &Call) -> Result<Reply, Refusal> {
    let question = Question::read(call)?;
    let size = match question.size.as_deref().map(str::parse::<usize>) {
        None => limits::PREVIEW_DEFAULT,
        Some(Ok(size @ 1..=limits::PREVIEW_MAX)) => size,
        Some(_) => return Err(Refusal::bad_params(format!("'size' must be 1 to {}", limits::PREVIEW_MAX))),
    };
    let lines = lines(service, &question)?;
    let count = size.min(lines.len());
    Ok(text((0..count).map(|n| format!("{}\n", lines[n * lines.len() / count])).collect()))
}

/// `/api/lists/{id}/size`: a plain number.
pub(super) fn size(service: &Service, list: i64) -> Result<Reply, Refusal> {
    let state = service.state();
    if !state.lists.contains_key(&list) {
        return Err(no_list(list));
    }
    Ok(text(state.on(list).count().to_string()))
}

struct Question {
    list: i64,
    prefer_user_id: bool,
    size: Option<String>,
}

impl Question {
    fn read(call: &Call) -> Result<Self, Refusal> {
        let pairs = call.pairs().ok_or_else(|| Refusal::bad_params("the query is not valid"))?;
        let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let list =
            get("listId").and_then(|id| id.parse().ok()).ok_or_else(|| Refusal::bad_params("'listId' must be an integer"))?;
        let prefer_user_id = match get("preferUserId") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(Refusal::bad_params("'preferUserId' must be a boolean")),
        };
        Ok(Self { list, prefer_user_id, size: get("size").map(str::to_owned) })
    }
}

fn lines(service: &Service, question: &Question) -> Result<Vec<String>, Refusal> {
    let state = service.state();
    if !state.lists.contains_key(&question.list) {
        return Err(no_list(question.list));
    }
    let name = |user: &User| name(state.project, user, question.prefer_user_id).map(str::to_owned);
    let lines: Vec<String> = state.on(question.list).filter_map(name).collect();
    // "503 on timeout for very large lists"
    if lines.len() >= service.options.members_before_timeout {
        return Err(Refusal::timeout());
    }
    Ok(lines)
}

/// "e-mail, or userId with preferUserId in hybrid projects"; the userId in a project of userIds (inferred).
fn name(project: Project, user: &User, prefer_user_id: bool) -> Option<&str> {
    let (email, id) = (user.email.as_deref(), user.user_id.as_deref());
    match project {
        Project::Email => email,
        Project::UserId => id,
        Project::Hybrid if prefer_user_id => id.or(email),
        Project::Hybrid => email.or(id),
    }
}

fn text(text: String) -> Reply {
    Reply::bytes(200, "text/plain; charset=UTF-8", text.into())
}
