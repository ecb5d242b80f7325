using Viaduct.Controllers.Scheduling;
using Viaduct.Kube.Objects;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Controllers;

public class SchedulingPlannerTests
{
    private static readonly Pod s_pod = Make.Pod("p", node: null);

    [Fact]
    public void The_node_with_the_fewest_pods_wins_and_the_name_breaks_a_tie()
    {
        var counts = new Dictionary<string, int> { ["a"] = 3, ["b"] = 1, ["c"] = 1 };
        var decision = SchedulingPlanner.Decide(s_pod, [Make.Node("a"), Make.Node("c"), Make.Node("b")], n => counts[n]);
        Assert.Equal(("b", "Successfully assigned shop/p to b"), (decision.Node, decision.Message));
    }

    [Fact]
    public void Every_reason_is_counted()
    {
        var pod = s_pod with { Spec = s_pod.Spec! with { NodeSelector = new Dictionary<string, string> { ["disk"] = "ssd" } } };
        KubeNode[] nodes = [Make.Node("a", ready: false), Make.Node("b", cordoned: true), Make.Node("c"), Make.Node("d", label: "hdd"), Make.Node("e", label: "ssd", room: "2")];
        var decision = SchedulingPlanner.Decide(pod, nodes, _ => 2);
        Assert.Null(decision.Node);
        Assert.Equal(
            "0/5 nodes are available: 1 Too many pods, 1 node(s) were not ready, 1 node(s) were unschedulable, 2 node(s) didn't match Pod's node affinity/selector.",
            decision.Message);
        Assert.Equal("e", SchedulingPlanner.Decide(pod, nodes, _ => 1).Node);
    }

    [Fact]
    public void Without_nodes_it_says_so() =>
        Assert.Equal(new SchedulingDecision(null, "no nodes available to schedule pods"), SchedulingPlanner.Decide(s_pod, [], _ => 0));
}
