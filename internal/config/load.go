package config

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// Option is one setting, as its tags describe it.
type Option struct {
	Key     string
	Env     string
	Default string
	Doc     string
	Kind    reflect.Type
	Hidden  bool
	field   int // of Config
}

// Options returns every setting, in the order of Config.
func Options() []Option {
	t := reflect.TypeFor[Config]()
	out := make([]Option, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		key := f.Tag.Get("key")
		if key == "" {
			continue // the file alone has it
		}
		out = append(out, Option{
			Key: key, Env: "TERRAWARDEN_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_")),
			Default: f.Tag.Get("default"), Doc: f.Tag.Get("doc"), Kind: f.Type, Hidden: f.Tag.Get("hidden") != "", field: i,
		})
	}
	return out
}

// AddFlags registers a flag for every setting.
func AddFlags(flags *pflag.FlagSet) {
	for _, o := range Options() {
		doc := fmt.Sprintf("%s (%s)", o.Doc, o.Env)
		switch o.Kind {
		case reflect.TypeFor[bool]():
			flags.Bool(o.Key, o.Default == "true", doc)
		case reflect.TypeFor[int]():
			n, _ := strconv.Atoi(o.Default)
			flags.Int(o.Key, n, doc)
		case reflect.TypeFor[[]string]():
			flags.StringSlice(o.Key, nil, doc)
		case reflect.TypeFor[time.Duration]():
			d, _ := time.ParseDuration(o.Default)
			flags.Duration(o.Key, d, doc)
		default:
			flags.String(o.Key, o.Default, doc)
		}
		if o.Hidden {
			_ = flags.MarkHidden(o.Key)
		}
	}
}

// Load reads the settings: defaults, then the file (terrawarden.yaml in the working directory when none is
// named and that one exists), then the environment, then flags. The result is validated.
func Load(file string, flags *pflag.FlagSet) (Config, error) {
	v := viper.New()
	for _, o := range Options() {
		v.SetDefault(o.Key, o.Default)
		if err := v.BindEnv(o.Key, o.Env); err != nil {
			return Config{}, err
		}
		if f := flags.Lookup(o.Key); f != nil && f.Changed {
			if err := v.BindPFlag(o.Key, f); err != nil {
				return Config{}, err
			}
		}
	}
	if err := readFile(v, file); err != nil {
		return Config{}, err
	}
	c, err := decode(v)
	if err != nil {
		return Config{}, err
	}
	return c, c.Validate()
}

func readFile(v *viper.Viper, file string) error {
	named := file != ""
	if !named {
		file = "terrawarden.yaml"
	}
	v.SetConfigFile(file)
	err := v.ReadInConfig()
	if !named && (errors.Is(err, fs.ErrNotExist) || errors.As(err, &viper.ConfigFileNotFoundError{})) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("configuration file: %w", err)
	}
	known := map[string]bool{oidcKey: true}
	for _, o := range Options() {
		known[o.Key] = true
	}
	for _, key := range v.AllKeys() { // not AllSettings, which leaves out keys without a value
		if !known[key] && !strings.HasPrefix(key, syncKey+".") && key != syncKey {
			return fmt.Errorf("configuration file %s: %q is no option", file, key)
		}
	}
	return nil
}

// decode moves the settings into a Config field by field; a value that does not fit names its option.
func decode(v *viper.Viper) (Config, error) {
	var c Config
	target := reflect.ValueOf(&c).Elem()
	var faults []error
	for _, o := range Options() {
		field := target.Field(o.field)
		switch o.Kind {
		case reflect.TypeFor[bool]():
			text := strings.ToLower(v.GetString(o.Key))
			if text != "" && text != "true" && text != "false" && text != "1" && text != "0" {
				faults = append(faults, fmt.Errorf("%s must be true or false", o.Key))
			}
			field.SetBool(text == "true" || text == "1")
		case reflect.TypeFor[[]string]():
			field.Set(reflect.ValueOf(words(v.GetStringSlice(o.Key))))
		case reflect.TypeFor[int]():
			n, err := strconv.Atoi(v.GetString(o.Key))
			if err != nil {
				faults = append(faults, fmt.Errorf("%s must be a whole number", o.Key))
			}
			field.SetInt(int64(n))
		case reflect.TypeFor[time.Duration]():
			d, err := time.ParseDuration(v.GetString(o.Key))
			if err != nil {
				faults = append(faults, fmt.Errorf("%s must be a duration like 15s", o.Key))
			}
			field.SetInt(int64(d))
		default:
			field.SetString(v.GetString(o.Key))
		}
	}
	issuers, err := readIssuers(v.Get(oidcKey))
	c.OIDC = issuers
	section, syncErr := readSync(v.Get(syncKey))
	c.Sync = section
	return c, errors.Join(append(faults, err, syncErr)...)
}

// words splits comma-joined items, as environment variables carry lists.
func words(items []string) []string {
	var out []string
	for _, item := range items {
		for w := range strings.SplitSeq(item, ",") {
			if w = strings.TrimSpace(w); w != "" {
				out = append(out, w)
			}
		}
	}
	return out
}

// ExampleFile returns a configuration file with every option at its default, commented.
func ExampleFile() string {
	var b strings.Builder
	b.WriteString("# Every option of terrawarden with its default. Each is also a flag (--listen) and an environment\n# variable (TERRAWARDEN_LISTEN); flags win over the environment, and that over this file.\n# Made by make generate.\n")
	for _, o := range Options() {
		if o.Hidden {
			continue
		}
		fmt.Fprintf(&b, "\n# %s\n# Environment: %s\n", o.Doc, o.Env)
		switch o.Kind {
		case reflect.TypeFor[bool]():
			fmt.Fprintf(&b, "%s: %t\n", o.Key, o.Default == "true")
		case reflect.TypeFor[int]():
			fmt.Fprintf(&b, "%s: %s\n", o.Key, o.Default)
		case reflect.TypeFor[[]string]():
			fmt.Fprintf(&b, "%s: []\n", o.Key)
		default:
			fmt.Fprintf(&b, "%s: %q\n", o.Key, o.Default)
		}
	}
	b.WriteString(exampleIssuers)
	b.WriteString(exampleSync)
	return b.String()
}

// ClientServer and ClientToken are where commands find the server and their credential in the environment.
const (
	ClientServer = "TERRAWARDEN_SERVER"
	ClientToken  = "TERRAWARDEN_TOKEN"
)

// Client returns what the commands that speak to a server take from the environment.
func Client() (server, token, dataDir string) {
	v := viper.New()
	for key, env := range map[string]string{"server": ClientServer, "token": ClientToken, "site-token": "TERRAWARDEN_SITE_TOKEN", "data-dir": "TERRAWARDEN_DATA_DIR"} {
		_ = v.BindEnv(key, env)
	}
	v.SetDefault("server", "http://127.0.0.1:8080")
	v.SetDefault("data-dir", "./data")
	token = v.GetString("token")
	if token == "" {
		token = v.GetString("site-token") // a command beside the service, as in a container
	}
	return v.GetString("server"), token, v.GetString("data-dir")
}
