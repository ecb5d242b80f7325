using Viaduct.Controllers.ReplicaSets;
using Viaduct.Kube.Objects;

namespace Viaduct.Tests.Controllers;

public class ReplicaSetPlannerTests
{
    [Fact]
    public void Missing_pods_are_created_and_ended_ones_do_not_count()
    {
        var plan = Decide(5, Make.Pod("a"), Make.Pod("b", terminating: true), Make.Pod("c", phase: "Failed"), Make.Pod("d", phase: "Succeeded"));
        Assert.Equal(4, plan.Create);
        Assert.Empty(plan.Delete);
        Assert.Equal((1, 1, 1), (plan.Status.Replicas, plan.Status.ReadyReplicas, plan.Status.AvailableReplicas));
    }

    [Fact]
    public void The_least_useful_pods_go_first()
    {
        Pod[] pods =
        [
            Make.Pod("old"), Make.Pod("young", ageSeconds: 5), Make.Pod("sick", ready: false), Make.Pod("starting", phase: "Pending", ready: false),
            Make.Pod("homeless", node: null, phase: "Pending", ready: false),
            Make.Pod("crowded-1", node: "node-2", ageSeconds: 60), Make.Pod("crowded-2", node: "node-2", ageSeconds: 60),
            Make.Pod("crowded-3", node: "node-2", ageSeconds: 60), Make.Pod("crowded-4", node: "node-2", ageSeconds: 60), Make.Pod("crowded-5", node: "node-2", ageSeconds: 60),
        ];
        Assert.Equal(["homeless", "starting", "sick", "crowded-1"], Decide(6, pods).Delete.Select(p => p.Metadata.Name));
        var equal = pods.Where(p => p.Metadata.Name is "old" or "young").ToArray();
        Assert.Equal(["young"], Decide(1, equal).Delete.Select(p => p.Metadata.Name));
    }

    [Fact]
    public void A_deletion_cost_outweighs_age()
    {
        var cheap = Make.Pod("cheap");
        cheap = cheap with { Metadata = cheap.Metadata with { Annotations = new Dictionary<string, string> { ["controller.kubernetes.io/pod-deletion-cost"] = "-5" } } };
        Assert.Equal(["cheap"], Decide(1, cheap, Make.Pod("young", ageSeconds: 1)).Delete.Select(p => p.Metadata.Name));
    }

    [Fact]
    public void Matching_orphans_are_adopted_instead_of_creating_and_strangers_released()
    {
        var plan = ReplicaSetPlanner.Decide(
            Make.ReplicaSet("rs", 3), [Make.Pod("own", owner: "rs"), Make.Pod("relabelled", owner: "rs", app: "other")],
            [Make.Pod("orphan"), Make.Pod("foreign", app: "db"), Make.Pod("dying", terminating: true)], Make.Now);
        Assert.Equal(["orphan"], plan.Adopt.Select(p => p.Metadata.Name));
        Assert.Equal(["relabelled"], plan.Release.Select(p => p.Metadata.Name));
        Assert.Equal(1, plan.Create);
    }

    [Fact]
    public void A_pod_is_available_only_after_its_time()
    {
        var plan = ReplicaSetPlanner.Decide(Make.ReplicaSet("rs", 2, minReady: 30), [Make.Pod("young", ageSeconds: 10), Make.Pod("old", ageSeconds: 31)], [], Make.Now);
        Assert.Equal((2, 1), (plan.Status.ReadyReplicas, plan.Status.AvailableReplicas));
        Assert.Equal(TimeSpan.FromSeconds(20), plan.CheckAgain);
    }

    [Fact]
    public void One_that_is_being_deleted_makes_nothing_more()
    {
        var set = Make.ReplicaSet("rs", 3);
        var plan = ReplicaSetPlanner.Decide(set with { Metadata = set.Metadata with { DeletionTimestamp = Make.Now } }, [], [Make.Pod("orphan")], Make.Now);
        Assert.Equal((0, 0), (plan.Create, plan.Adopt.Count));
    }

    private static ReplicaSetPlan Decide(int replicas, params Pod[] pods) => ReplicaSetPlanner.Decide(Make.ReplicaSet("rs", replicas), pods, [], Make.Now);
}
