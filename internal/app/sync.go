package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/telemetry"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// Source returns one source of the configuration, for a runner that reads it by itself. Nothing is asked of it yet.
func Source(cfg config.Config, name string) (directory.Feed, error) {
	i := slices.IndexFunc(cfg.Sync.Sources, func(s config.SyncSource) bool { return s.Name == name })
	if i < 0 {
		return directory.Feed{}, fault.At("source", "the configuration has no source %s under sync:", name)
	}
	return feed(cfg, cfg.Sync.Sources[i])
}

// openSync makes what keeps people and groups in step with the directories of the configuration. Nothing is asked of any
// of them yet.
func (a *App) openSync(ctx context.Context, registry *prometheus.Registry) error {
	all, err := feeds(a.cfg)
	if err != nil {
		return err
	}
	d := directory.Deps{
		Service: a.service, Store: a.store, Feeds: all, Defaults: pushed(a.cfg, "", ""), Log: a.log, Now: time.Now, Random: rand.Reader,
		Observe: telemetry.NewSync(registry), Holder: newID(), FaultPoint: a.faultPoint(),
	}
	if a.cfg.Sync.WebhookURL != "" {
		key := config.Credential{Value: a.cfg.Sync.WebhookSecret, File: a.cfg.Sync.WebhookSecretFile}
		a.webhook, err = directory.NewWebhook(directory.WebhookDeps{URL: a.cfg.Sync.WebhookURL, Secret: secret(key), Log: a.log, Origin: a.cfg.PublicURL})
		if err != nil {
			return err
		}
		d.Notify = a.webhook
	}
	if a.syncing, err = directory.New(d); err != nil {
		return err
	}
	return a.syncing.Start(ctx)
}

// feeds returns every directory that the configuration names: its sources, and those whose groups logins tell of.
func feeds(cfg config.Config) ([]directory.Feed, error) {
	var out []directory.Feed
	var faults []error
	named := map[string]bool{}
	for i, s := range cfg.Sync.Sources {
		f, err := feed(cfg, s)
		if err != nil {
			faults = append(faults, fmt.Errorf("sync.sources[%d] (%s): %w", i, s.Name, err))
		}
		named[s.Name] = true
		out = append(out, f)
	}
	for _, i := range cfg.Issuers() {
		if named[i.GroupsSource] {
			continue
		}
		f := directory.Feed{Settings: pushed(cfg, i.GroupsSource, "oidc"), Trust: catalog.NameTrust(i.GroupsTrust), Issuer: i.URL}
		out = append(out, f)
	}
	return out, errors.Join(faults...)
}

func feed(cfg config.Config, s config.SyncSource) (directory.Feed, error) {
	source, err := origin(s)
	return directory.Feed{
		Settings: directory.Settings{
			Name: s.Name, Kind: s.Kind, Nesting: directory.Nesting(cmp.Or(s.Nesting, string(directory.NestingKept))), MaxDepth: s.MaxDepth,
			Users:     directory.Filter{Include: s.Users.Include, Exclude: s.Users.Exclude},
			Groups:    directory.Filter{Include: s.Groups.Include, Exclude: s.Groups.Exclude},
			Protected: s.Protected, Keep: s.Keep, Limits: limits(s.Limits), Rules: rules(cfg, s.Name), ApplyFirst: s.First,
			Interval: s.Interval, FullEvery: s.FullEvery,
		},
		Trust: catalog.NameTrust(cmp.Or(s.Trust, string(catalog.TrustTeams))), Issuer: s.Issuer, Profile: s.Profile, Source: source,
	}, err
}

// pushed returns the settings of a directory that nobody described further.
func pushed(cfg config.Config, name, kind string) directory.Settings {
	return directory.Settings{
		Name: name, Kind: kind, Nesting: directory.NestingKept, MaxDepth: config.DefaultDepth, Keep: config.DefaultKeep,
		Limits: directory.DefaultLimits(), Rules: rules(cfg, name), ApplyFirst: true,
	}
}

// rules returns the rules for a source, all of those without one included; for "", those alone.
func rules(cfg config.Config, source string) []directory.Rule {
	var out []directory.Rule
	for _, r := range cfg.Sync.Rules {
		if r.Source == "" || r.Source == source {
			out = append(out, directory.Rule{
				Name: r.Name, ID: r.ID, GroupName: r.Group, Pattern: r.Pattern, Team: r.Team, Create: r.Create, SiteAdmins: r.SiteAdmins,
				Match: directory.Match(r.Match), Organization: r.Organization, Shared: r.Source == "",
			})
		}
	}
	return out
}

// limits returns the defaults with what the configuration puts in their place.
func limits(c config.SyncLimits) directory.Limits {
	out := directory.DefaultLimits()
	if c.Floor != nil {
		out.Floor = *c.Floor
	}
	for to, from := range map[*directory.Limit]config.SyncLimit{
		&out.Memberships: c.Memberships, &out.Group: c.Group, &out.People: c.People, &out.Groups: c.Groups,
		&out.Links: c.Links, &out.Day: c.Day, &out.DayPeople: c.DayPeople,
	} {
		if from.Max != nil {
			to.Max = *from.Max
		}
		if from.Percent != nil {
			to.Percent = *from.Percent
		}
	}
	if out == (directory.Limits{}) { // everything is to wait, and nothing said at all would be the defaults
		out.Floor = -1
	}
	return out
}
