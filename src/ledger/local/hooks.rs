//! Webhooks over the embedded store.

use super::{Local, failed};
use crate::base::{Audience, Channel, HookKind, ItemId, MachineTime, Offset, SchoolTime, limits};
use crate::ledger::{
    Answer, Busy, Endpoint, EndpointState, HookEvent, HookEventId, HookPage, Hooks, LedgerError,
};
use crate::store::{HookEndpointRow, HookEventRow, LedgerBatch};

const ACTIVE: u8 = 0;
const PARKED: u8 = 1;
const GONE: u8 = 2;

impl Hooks for Local {
    fn register_endpoints(
        &self,
        named: Vec<(String, String)>,
        answer: Answer<Vec<Endpoint>>,
    ) -> Result<(), Busy> {
        self.write(answer, move |batch| register(batch, named))
    }

    fn hook_events(&self, after: HookEventId, answer: Answer<HookPage>) -> Result<(), Busy> {
        self.read(answer, move |rows| {
            let (events, newest) = rows.hook_events(sql(after.0), limits::HOOK_PAGE_MAX).map_err(failed)?;
            let events = events.into_iter().map(event).collect::<Result<_, _>>()?;
            Ok(HookPage { events, newest: HookEventId(number(newest)?) })
        })
    }

    fn put_endpoint(&self, endpoint: Endpoint, answer: Answer<()>) -> Result<(), Busy> {
        self.write(answer, move |batch| {
            batch.put_hook_endpoint(&row(&endpoint)).map_err(failed)?;
            batch.forget_hook_events().map_err(failed)
        })
    }
}

fn register(batch: &LedgerBatch<'_>, named: Vec<(String, String)>) -> Result<Vec<Endpoint>, LedgerError> {
    let found = batch.hook_endpoints().map_err(failed)?;
    let newest = HookEventId(number(batch.newest_hook_event().map_err(failed)?)?);
    for gone in found.iter().filter(|found| !named.iter().any(|(name, _)| *name == found.name)) {
        batch.remove_hook_endpoint(&gone.name).map_err(failed)?;
    }
    let mut endpoints = Vec::with_capacity(named.len());
    for (name, url) in named {
        let known = found.iter().find(|found| found.name == name).map(endpoint).transpose()?;
        let endpoint = match known {
            Some(known) if known.url == url && known.state != EndpointState::Parked => known,
            known => {
                let through = known.map_or(newest, |known| known.through);
                fresh(name, url, through)
            }
        };
        batch.put_hook_endpoint(&row(&endpoint)).map_err(failed)?;
        endpoints.push(endpoint);
    }
    batch.forget_hook_events().map_err(failed)?;
    endpoints.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(endpoints)
}

fn fresh(name: String, url: String, through: HookEventId) -> Endpoint {
    Endpoint { name, url, through, state: EndpointState::Active, failures: 0, next_at: MachineTime(0) }
}

fn row(endpoint: &Endpoint) -> HookEndpointRow {
    let Endpoint { name, url, through, state, failures, next_at } = endpoint;
    HookEndpointRow {
        name: name.clone(),
        url: url.clone(),
        through: sql(through.0),
        state: match state {
            EndpointState::Active => ACTIVE,
            EndpointState::Parked => PARKED,
            EndpointState::Gone => GONE,
        },
        failures: *failures,
        next_at: sql(next_at.0),
    }
}

fn endpoint(row: &HookEndpointRow) -> Result<Endpoint, LedgerError> {
    Ok(Endpoint {
        name: row.name.clone(),
        url: row.url.clone(),
        through: HookEventId(number(row.through)?),
        state: match row.state {
            ACTIVE => EndpointState::Active,
            PARKED => EndpointState::Parked,
            GONE => EndpointState::Gone,
            _ => return Err(LedgerError::StorageFailed),
        },
        failures: row.failures,
        next_at: MachineTime(number(row.next_at)?),
    })
}

fn event((id, row): (i64, HookEventRow)) -> Result<HookEvent, LedgerError> {
    let damaged = LedgerError::StorageFailed;
    let item = row.item.as_deref().map(ItemId::parse).transpose().map_err(|_| damaged)?;
    Ok(HookEvent {
        id: HookEventId(number(id)?),
        kind: HookKind::from_number(row.kind).ok_or(damaged)?,
        channel: Channel::parse(&row.channel).map_err(|_| damaged)?,
        offset: Offset(number(row.offset)?),
        audience: Audience::from_bits(row.audience).ok_or(damaged)?,
        item,
        version: row.version,
        urgent: row.urgent,
        published_at: SchoolTime(row.published_at),
    })
}

fn number(sql: i64) -> Result<u64, LedgerError> {
    u64::try_from(sql).map_err(|_| LedgerError::StorageFailed)
}

fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
