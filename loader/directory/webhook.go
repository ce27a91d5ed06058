package directory

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// SignatureHeader carries "sha256=" and the HMAC-SHA256 of the body, in hex, under the webhook's secret.
const SignatureHeader = "X-Terrawarden-Signature"

// The bounds of a webhook.
const (
	webhookTimeout = 10 * time.Second // of one try
	webhookTries   = 3
	webhookQueue   = 256 // events that wait; more are dropped, and logged
	webhookBackoff = 2 * time.Second
)

// WebhookDeps are what a Webhook is made of. URL, Secret, Log and Origin are required.
type WebhookDeps struct {
	URL string // https, or http to this very machine
	// Secret returns the key of signatures. It is asked for each event, so that a file may be replaced.
	Secret func() (string, error)
	Log    *slog.Logger
	// Origin is the source of events as CloudEvents has it: the service's own address.
	Origin    string
	Transport http.RoundTripper // nil: the usual one
	Backoff   time.Duration     // before the second try, and twice that before each further one; 0: two seconds
}

// Webhook sends events to an address as CloudEvents 1.0, in JSON. It is a Notifier that never waits: Work sends.
type Webhook struct {
	to      string
	secret  func() (string, error)
	log     *slog.Logger
	origin  string
	client  *http.Client
	backoff time.Duration
	queue   chan Event
}

var _ Notifier = (*Webhook)(nil)

// NewWebhook returns a Webhook, or an error that says what is wrong with its address without repeating it.
func NewWebhook(d WebhookDeps) (*Webhook, error) {
	u, err := url.Parse(d.URL)
	switch {
	case err != nil || u.Host == "":
		return nil, fault.At("webhook", "is no address")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, fault.At("webhook", "must begin with https, unless it is on this machine")
	case u.User != nil:
		return nil, fault.At("webhook", "must not carry a password")
	case d.Secret == nil || d.Log == nil:
		return nil, fault.At("webhook", "needs a secret to sign with")
	}
	w := &Webhook{
		to: d.URL, secret: d.Secret, log: d.Log, origin: d.Origin, backoff: d.Backoff, queue: make(chan Event, webhookQueue),
		client: &http.Client{
			Transport: d.Transport, Timeout: webhookTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if w.backoff <= 0 {
		w.backoff = webhookBackoff
	}
	return w, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Notify queues an event. Where too many wait it is dropped: whatever is told here is in the audit trail as well.
func (w *Webhook) Notify(e Event) {
	select {
	case w.queue <- e:
	default:
		w.log.Warn("an event is not sent, since too many wait", "type", string(e.Type), "source", e.Source)
	}
}

// Work sends what is queued until ctx ends.
func (w *Webhook) Work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-w.queue:
			if err := w.deliver(ctx, e); err != nil && ctx.Err() == nil {
				w.log.WarnContext(ctx, "an event was not sent", "type", string(e.Type), "source", e.Source, "plan", e.PlanID, "error", err)
			}
		}
	}
}

// deliver sends an event, a few times if it must.
func (w *Webhook) deliver(ctx context.Context, e Event) error {
	body, err := e.cloudEvent(w.origin)
	if err != nil {
		return err
	}
	wait := w.backoff
	for try := 1; ; try++ {
		again, err := w.send(ctx, body)
		if err == nil || !again || try == webhookTries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		wait *= 2
	}
}

// cloudEvent returns an event in the structured JSON form of CloudEvents 1.0, section 3.1 of its JSON format. What the
// data holds is text, so it stands as JSON and never as data_base64.
func (e Event) cloudEvent(origin string) ([]byte, error) {
	return json.Marshal(struct {
		SpecVersion string    `json:"specversion"`
		ID          string    `json:"id"`
		Source      string    `json:"source"`
		Type        string    `json:"type"`
		Subject     string    `json:"subject"`
		Time        time.Time `json:"time"`
		ContentType string    `json:"datacontenttype"`
		Data        Event     `json:"data"`
	}{"1.0", e.ID, origin, "terrawarden." + string(e.Type), e.Source, e.Time.UTC(), "application/json", e})
}

// send tries once, and reports whether trying again may help. Its error has neither the address nor the secret.
func (w *Webhook) send(ctx context.Context, body []byte) (again bool, err error) {
	secret, err := w.secret()
	if err != nil || secret == "" {
		return true, errors.New("the secret of the webhook cannot be read")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.to, bytes.NewReader(body))
	if err != nil {
		return false, errors.New("the address of the webhook is none")
	}
	req.Header.Set("Content-Type", "application/cloudevents+json; charset=utf-8")
	req.Header.Set(SignatureHeader, "sha256="+signature(secret, body))
	resp, err := w.client.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // without the address, which may hold a secret
		}
		return true, fmt.Errorf("the webhook does not answer: %w", err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	switch {
	case resp.StatusCode < http.StatusMultipleChoices:
		return false, nil
	case resp.StatusCode >= http.StatusInternalServerError, resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusRequestTimeout:
		return true, fmt.Errorf("the webhook answers %d", resp.StatusCode)
	}
	return false, fmt.Errorf("the webhook answers %d", resp.StatusCode)
}

func signature(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
