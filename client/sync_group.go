package client

import "context"

// PauseGroup takes nothing from its directory about a group until ResumeGroup.
func (c *Client) PauseGroup(ctx context.Context, id string) (GroupDetails, error) {
	return c.turnGroup(ctx, id, "pause")
}

// ResumeGroup ends a pause.
func (c *Client) ResumeGroup(ctx context.Context, id string) (GroupDetails, error) {
	return c.turnGroup(ctx, id, "resume")
}

func (c *Client) turnGroup(ctx context.Context, id, action string) (GroupDetails, error) {
	out, d, err := fetch(ctx, c, api(post, "admin", "groups", id, "actions", action), group)
	out.ZedToken = d.ZedToken
	return out, err
}

// ResyncGroup has the source of a group read wholly and the group brought in step with it.
func (c *Client) ResyncGroup(ctx context.Context, id string) (SyncPlan, error) {
	return c.longPlan(ctx, api(post, "admin", "groups", id, "actions", "resync"))
}

// PauseGroupLink keeps in a team those who are in the group now, whatever becomes of the group, until ResumeGroupLink.
func (c *Client) PauseGroupLink(ctx context.Context, id string) (GroupLink, error) {
	return c.turnLink(ctx, id, "pause")
}

// ResumeGroupLink ends a pause: the team has the people of the group again.
func (c *Client) ResumeGroupLink(ctx context.Context, id string) (GroupLink, error) {
	return c.turnLink(ctx, id, "resume")
}

// ResyncGroupLink repairs what has come to differ between the catalog and who is in the team through the link.
func (c *Client) ResyncGroupLink(ctx context.Context, id string) (GroupLink, error) {
	return c.turnLink(ctx, id, "resync")
}

func (c *Client) turnLink(ctx context.Context, id, action string) (GroupLink, error) {
	out, d, err := fetch(ctx, c, api(post, "group-links", id, "actions", action), groupLink)
	out.ZedToken = d.ZedToken
	return out, err
}
