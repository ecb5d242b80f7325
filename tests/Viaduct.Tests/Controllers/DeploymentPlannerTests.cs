using Viaduct.Controllers.Deployments;
using Viaduct.Kube.Objects;

namespace Viaduct.Tests.Controllers;

public class DeploymentPlannerTests
{
    [Fact]
    public void A_new_deployment_gets_a_replicaset_of_full_size()
    {
        var plan = Decide(Make.Deployment(3));
        Assert.Equal(3, plan.Create!.Replicas);
        Assert.Equal($"web-{plan.Create.Hash}", plan.Create.Name);
        Assert.Equal(1, plan.Revision);
        Assert.Equal("NewReplicaSetCreated", Progress(plan));
    }

    [Fact]
    public void The_name_of_a_template_depends_on_its_meaning_only()
    {
        Assert.Equal(Decide(Make.Deployment(3)).Create!.Hash, Decide(Make.Deployment(5)).Create!.Hash);
        Assert.NotEqual(Decide(Make.Deployment(3)).Create!.Hash, Decide(Make.Deployment(3, image: "two")).Create!.Hash);
        // The ReplicaSet's template has the hash label and another order of fields: it is the same one.
        Assert.Null(Decide(Make.Deployment(3), Make.ReplicaSet("web-x", 3, 3)).Create);
    }

    [Fact]
    public void A_finished_deployment_has_nothing_to_do()
    {
        var plan = Decide(Make.Deployment(3), Make.ReplicaSet("web-x", 3, 3));
        Assert.Empty(plan.Scale);
        Assert.Null(plan.Create);
        Assert.Equal(("NewReplicaSetAvailable", 3, 0), (Progress(plan), plan.Status.AvailableReplicas, plan.Status.UnavailableReplicas));
    }

    /// <summary>replicas, surge, unavailable; old replicas/available; new replicas/available; then the sizes asked for.</summary>
    [Theory]
    [InlineData(10, "25%", "25%", 10, 10, 0, 0, null, 3)] // ceil(2.5) = 3 new ones may start; the old are touched only then
    [InlineData(10, "25%", "25%", 10, 10, 3, 0, 8, null)] // floor(2.5) = 2 old ones may go at once
    [InlineData(10, "25%", "25%", 8, 8, 3, 3, null, 5)] // room for two more
    [InlineData(10, "25%", "25%", 8, 8, 5, 3, 5, null)] // three are available: three old ones go
    [InlineData(4, "1", "0", 4, 4, 1, 0, null, null)] // nothing may go before the new one is ready
    [InlineData(4, "1", "0", 4, 4, 1, 1, 3, null)]
    [InlineData(4, "0", "1", 4, 4, 0, 0, 3, null)] // no surge: an old one goes first
    [InlineData(4, "0", "0", 4, 4, 0, 0, 3, null)] // both zero would never move
    [InlineData(4, "1", "0", 4, 2, 1, 0, null, null)] // too few work already: none goes, though two are broken
    [InlineData(4, "1", "1", 4, 3, 1, 0, 3, null)] // the broken one goes first
    [InlineData(3, "1", "1", 0, 0, 3, 3, null, null)]
    public void A_rolling_update_takes_steps_within_its_limits(
        int replicas, string surge, string unavailable, int old, int oldAvailable, int current, int currentAvailable, int? oldTo, int? currentTo)
    {
        var plan = Decide(
            Make.Deployment(replicas, "two", Limit(surge), Limit(unavailable)),
            Make.ReplicaSet("old", old, oldAvailable), Make.ReplicaSet("new", current, currentAvailable, "two", 2, age: 1));
        var scale = plan.Scale.ToDictionary(s => s.Set.Metadata.Name!, s => s.Replicas);
        Assert.Equal(oldTo, scale.TryGetValue("old", out var o) ? o : null);
        Assert.Equal(currentTo, scale.TryGetValue("new", out var n) ? n : null);
    }

    [Fact]
    public void Old_pods_that_are_still_there_count_against_the_surge()
    {
        var plan = Decide(
            Make.Deployment(4, "two", 1, 1), Make.ReplicaSet("old", 3, 3, pods: 4), Make.ReplicaSet("new", 1, 0, "two", 2, age: 1));
        Assert.Empty(plan.Scale);
    }

    [Fact]
    public void Scaling_while_rolled_out_is_one_step()
    {
        Assert.Equal(7, Assert.Single(Decide(Make.Deployment(7), Make.ReplicaSet("web-x", 3, 3)).Scale).Replicas);
        Assert.Equal(0, Assert.Single(Decide(Make.Deployment(0), Make.ReplicaSet("web-x", 3, 3)).Scale).Replicas);
    }

    [Fact]
    public void Recreate_waits_until_the_old_pods_are_gone()
    {
        var deployment = Make.Deployment(3, "two", type: "Recreate");
        var plan = Decide(deployment, Make.ReplicaSet("old", 3, 3));
        Assert.Equal(0, Assert.Single(plan.Scale).Replicas);
        Assert.Null(plan.Create);
        var waiting = DeploymentPlanner.Decide(deployment, [Make.ReplicaSet("old", 0)], _ => true, Make.Now);
        Assert.Empty(waiting.Scale);
        Assert.Null(waiting.Create);
        Assert.Equal(3, Decide(deployment, Make.ReplicaSet("old", 0)).Create!.Replicas);
    }

    [Fact]
    public void A_paused_deployment_scales_but_does_not_roll()
    {
        var plan = Decide(Make.Deployment(5, "two", paused: true), Make.ReplicaSet("old", 3, 3));
        Assert.Null(plan.Create);
        var scaling = Assert.Single(plan.Scale);
        Assert.Equal(("old", 5), (scaling.Set.Metadata.Name, scaling.Replicas));
    }

    [Fact]
    public void History_beyond_its_limit_goes_the_oldest_revision_first()
    {
        var sets = Enumerable.Range(1, 5).Select(i => Make.ReplicaSet($"old-{i}", 0, image: $"v{i}", revision: i)).Append(Make.ReplicaSet("new", 3, 3, "two", 6)).ToArray();
        Assert.Equal(["old-1", "old-2", "old-3"], Decide(Make.Deployment(3, "two", history: 2), sets).Delete.Select(s => s.Metadata.Name));
        Assert.Empty(Decide(Make.Deployment(3, "two"), sets).Delete);
    }

    [Fact]
    public void A_template_that_comes_back_gets_the_next_revision()
    {
        var plan = Decide(Make.Deployment(3), Make.ReplicaSet("first", 0, revision: 1), Make.ReplicaSet("second", 3, 3, "two", 2, age: 1));
        Assert.Equal(("first", 3L), (plan.Current!.Metadata.Name, plan.Revision));
    }

    [Fact]
    public void A_lost_pod_is_no_new_rollout()
    {
        var before = new Condition { Type = "Progressing", Status = "True", Reason = "NewReplicaSetAvailable", Message = "m", LastTransitionTime = Make.Now.AddDays(-1) };
        var deployment = Make.Deployment(3) with { Status = new() { Conditions = [before] } };
        var plan = Decide(deployment, Make.ReplicaSet("web-x", 3, 1));
        Assert.Contains(before, plan.Status.Conditions!);
        Assert.Equal("MinimumReplicasUnavailable", plan.Status.Conditions!.Single(c => c.Type == "Available").Reason);
    }

    private static IntOrString Limit(string text) => int.TryParse(text, out var number) ? number : text;

    private static string? Progress(DeploymentPlan plan) => plan.Status.Conditions!.Single(c => c.Type == "Progressing").Reason;

    private static DeploymentPlan Decide(Deployment deployment, params ReplicaSet[] sets) => DeploymentPlanner.Decide(deployment, sets, _ => false, Make.Now);
}
