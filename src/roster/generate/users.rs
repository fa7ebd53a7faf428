//! The generated `users.csv`: operators, then each school's people, then guardians.

use std::io;

use super::files::ABOVE;
use super::names::GRADES;
use super::output::{Output, Sheet};
use super::world::{Part, World, places};

const HEADER: &str = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,\
    familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,metadata.adult";

/// What differs between the rows.
#[derive(Clone, Copy)]
struct User<'a> {
    part: Part,
    number: usize,
    orgs: &'a str,
    role: &'a str,
    agents: &'a str,
    grades: &'a str,
    adult: &'a str,
}

pub(super) fn users(world: &World, output: &mut Output<'_>) -> io::Result<()> {
    let mut sheet = output.sheet("users.csv", HEADER)?;
    for number in 0..world.spec.operators {
        let operator = user(Part::Operator, number, ABOVE, "administrator");
        write(&mut sheet, world, operator)?;
    }
    for school in 0..world.spec.schools {
        let id = world.school_id(school);
        for (place, number) in world.share(world.spec.staff, school).enumerate() {
            let role = if place == 0 { "administrator" } else { "aide" };
            write(&mut sheet, world, user(Part::Staff, number, &id, role))?;
        }
        for number in world.share(world.spec.teachers, school) {
            write(&mut sheet, world, user(Part::Teacher, number, &id, "teacher"))?;
        }
        students(&mut sheet, world, school, &id)?;
    }
    guardians(&mut sheet, world)?;
    sheet.end()
}

fn students(sheet: &mut Sheet<'_>, world: &World, school: usize, school_id: &str) -> io::Result<()> {
    let homerooms = world.homerooms(school);
    for (place, number) in world.share(world.spec.students, school).enumerate() {
        let (own, _) = places(&homerooms, place);
        let guardians = world.guardians.get(&number).map_or(&[][..], Vec::as_slice);
        let student = User {
            agents: &ids(world, Part::Guardian, guardians.iter().copied()),
            grades: GRADES[homerooms[own].grade].0,
            adult: if world.is_of_age(number) { "true" } else { "" },
            ..user(Part::Student, number, school_id, "student")
        };
        write(sheet, world, student)?;
    }
    Ok(())
}

fn guardians(sheet: &mut Sheet<'_>, world: &World) -> io::Result<()> {
    for (number, bonds) in world.bonds.iter().enumerate() {
        let first = bonds.first();
        let school = first.map_or(0, |bond| world.school_of(world.spec.students, bond.student));
        // Exports name a link on one side or on both.
        let named = bonds.iter().map(|bond| bond.student);
        let named = named.filter(|_| number.is_multiple_of(2));
        let school_id = world.school_id(school);
        let role = first.map_or("parent", |bond| bond.role);
        let guardian = User {
            agents: &ids(world, Part::Student, named),
            ..user(Part::Guardian, number, &school_id, role)
        };
        write(sheet, world, guardian)?;
    }
    Ok(())
}

fn user<'a>(part: Part, number: usize, orgs: &'a str, role: &'a str) -> User<'a> {
    User { part, number, orgs, role, agents: "", grades: "", adult: "" }
}

fn write(sheet: &mut Sheet<'_>, world: &World, user: User<'_>) -> io::Result<()> {
    let person = world.person(user.part, user.number);
    let (id, given, family, email) = (&*person.id, person.given_name, person.family_name, &*person.email);
    let User { orgs, role, agents, grades, adult, .. } = user;
    sheet.row([
        id, "", "", "true", orgs, role, id, "", given, family, "", "", email, "", "", agents, grades, "",
        adult,
    ])
}

fn ids(world: &World, part: Part, numbers: impl Iterator<Item = usize>) -> String {
    let ids: Vec<String> = numbers.map(|number| world.person(part, number).id).collect();
    ids.join(",")
}
