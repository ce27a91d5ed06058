package resource

import "github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"

// userAttributes are those of a user (RFC 7643 section 4.1). A password is taken and never kept: people log in at their
// identity provider.
func userAttributes() []Attribute {
	value := func(description string, edits ...edit) Attribute { return text("value", description, edits...) }
	return []Attribute{
		text("userName", "The name that the person logs in with.", required, unique),
		text("name", "The parts of the person's name.", parts(
			text("formatted", "All of it."),
			text("familyName", "The family name."),
			text("givenName", "The given name."),
			text("middleName", "The middle names."),
			text("honorificPrefix", "Titles before the name."),
			text("honorificSuffix", "What comes after the name."),
		)),
		text("displayName", "The name to show."),
		text("nickName", "The casual name."),
		text("profileUrl", "A page about the person.", references("external")),
		text("title", "The person's function."),
		text("userType", "How the person stands to the organization."),
		text("preferredLanguage", "The languages that the person prefers, as in Accept-Language."),
		text("locale", "How dates, numbers and money are written."),
		text("timezone", "The time zone, by its name in the Olson database."),
		text("active", "Whether the person may do anything at all.", typed(filter.TypeBoolean)),
		text("password", "Taken and never kept.", caseExact, mutability(writeOnly), returned(never)),
		values("emails", "Addresses of mail.", value("The address."), "work", "home", "other"),
		values("phoneNumbers", "Numbers of telephones.", value("The number."), "work", "home", "mobile", "fax", "pager", "other"),
		values("ims", "Addresses of messengers.", value("The address."), "aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
		values("photos", "Pictures.", value("Where the picture is.", references("external")), "photo", "thumbnail"),
		addresses(),
		text("groups", "The groups that the person is in.", many, mutability(readOnly), parts(
			text("value", "The id of the group.", caseExact, mutability(readOnly)),
			text("$ref", "Where the group is.", references("Group"), mutability(readOnly)),
			text("display", "The name of the group.", mutability(readOnly)),
			text("type", "Whether the person is in it directly.", canonical("direct", "indirect"), mutability(readOnly)),
		)),
		values("entitlements", "What the person has a right to, elsewhere.", value("The entitlement.")),
		values("roles", "What the person is, elsewhere.", value("The role.")),
		values("x509Certificates", "Certificates.", value("The certificate, DER in base64.", typed(filter.TypeBinary), caseExact)),
	}
}

func addresses() Attribute {
	return text("addresses", "Postal addresses.", many, parts(
		text("formatted", "All of it, on several lines."),
		text("streetAddress", "Street and number."),
		text("locality", "City or village."),
		text("region", "State or region."),
		text("postalCode", "The postal code."),
		text("country", "The country, by the two letters of ISO 3166-1."),
		text("type", "What it is for.", canonical("work", "home", "other")),
		text("primary", "Whether it is the preferred one; one at most is.", typed(filter.TypeBoolean)),
	))
}

// enterpriseAttributes are those of the enterprise extension (RFC 7643 section 4.3).
func enterpriseAttributes() []Attribute {
	return []Attribute{
		text("employeeNumber", "The number of the employee."),
		text("costCenter", "The cost center."),
		text("organization", "The organization."),
		text("division", "The division."),
		text("department", "The department."),
		text("manager", "The person's manager.", parts(
			text("value", "The id of the manager.", caseExact),
			text("$ref", "Where the manager is.", references("User")),
			text("displayName", "The name of the manager.", mutability(readOnly)),
		)),
	}
}
