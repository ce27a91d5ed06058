package records_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const secret = "hunter2-which-nobody-may-see"

func TestSecretsGoNowhere(t *testing.T) {
	t.Parallel()
	w := start(t)
	org := "organization/" + w.org + "/"
	ws := "organization/" + w.org + "/workspace/" + w.workspace + "/"
	collection := w.make(t, org+"collection", "collection", map[string]any{"name": "shared"}, "")
	for _, row := range []struct {
		path, typ string
		attrs     map[string]any
	}{
		{org + "vcs", "vcs", map[string]any{"name": "github", "clientSecret": secret, "privateKey": secret, "accessToken": secret, "refreshToken": secret}},
		{org + "ssh", "ssh", map[string]any{"name": "deploy", "privateKey": secret}},
		{org + "globalvar", "globalvar", map[string]any{"key": "k", "value": secret, "sensitive": true}},
		{org + "collection/" + collection + "/item", "item", map[string]any{"key": "k", "value": secret, "sensitive": true}},
		{ws + "variable", "variable", map[string]any{"key": "k", "value": secret, "sensitive": true}},
	} {
		id := w.make(t, row.path, row.typ, row.attrs, "")
		w.call(t, http.MethodPatch, row.path+"/"+id, w.owner, document(t, row.typ, id, row.attrs, "")).want(t, http.StatusNoContent)
		for _, path := range []string{row.path, row.path + "/" + id, row.path + "?filter=id==" + id} {
			if got := w.call(t, http.MethodGet, path, w.SiteToken, "").want(t, http.StatusOK, id); strings.Contains(got.Body, secret) {
				t.Errorf("%s shows the secret: %s", path, got.Body)
			}
		}
		w.call(t, http.MethodGet, row.path+"?filter=privateKey=="+secret, w.owner, "").want(t, http.StatusBadRequest)
	}
	w.wantNowhere(t)
	if strings.Contains(w.Log(), secret) {
		t.Error("the log holds the secret")
	}
}

// wantNowhere looks for the secret in every file of the service.
func (w *world) wantNowhere(t *testing.T) {
	t.Helper()
	read := 0
	err := filepath.WalkDir(w.data, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if read += len(raw); bytes.Contains(raw, []byte(secret)) {
			t.Errorf("%s holds the secret", d.Name())
		}
		return err
	})
	if err != nil || read == 0 {
		t.Fatalf("%d bytes were read: %v", read, err)
	}
}

func TestAValueThatBecomesSensitiveIsForgotten(t *testing.T) {
	t.Parallel()
	w := start(t)
	path := "organization/" + w.org + "/workspace/" + w.workspace + "/variable"
	id := w.make(t, path, "variable", map[string]any{"key": "region", "value": "eu", "sensitive": false}, "")
	value := func() any {
		return w.call(t, http.MethodGet, path+"/"+id, w.owner, "").want(t, http.StatusOK).object(t).Attributes["value"]
	}
	if value() != "eu" {
		t.Errorf("a plain value is shown as %v", value())
	}
	for _, row := range []struct {
		change map[string]any
		want   any
	}{
		{map[string]any{"sensitive": true}, nil},
		{map[string]any{"value": "us"}, nil}, // it still is
		{map[string]any{"sensitive": false}, nil},
		{map[string]any{"value": "us"}, "us"},
	} {
		w.call(t, http.MethodPatch, path+"/"+id, w.owner, document(t, "variable", id, row.change, "")).want(t, http.StatusNoContent)
		if got := value(); got != row.want {
			t.Errorf("after %v the value is shown as %v, want %v", row.change, got, row.want)
		}
	}
}
