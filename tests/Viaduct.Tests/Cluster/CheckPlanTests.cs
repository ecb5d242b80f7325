using Viaduct.Cluster.Checks;
using Viaduct.Kube.Objects;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Cluster;

public class CheckPlanTests
{
    private static readonly KubeNode Node1 = NodeAt("node-1", "192.168.0.3");
    private static readonly KubeNode Node2 = NodeAt("node-2", "192.168.64.2");

    [Fact]
    public void Every_running_pod_every_node_and_the_outside_host_are_sources()
    {
        var plan = CheckPlan.From(new ClusterObjects { Nodes = [Node1, Node2], Pods = [PodAt("p", "node-1"), PodAt("pending", "node-1", "Pending")] });
        Assert.Equal(["default/p", "node-1", "node-2", "outside"], plan.Sources.Select(s => s.Name));
    }

    [Fact]
    public void A_node_port_is_a_target_on_each_node_and_a_ClusterIP_is_one()
    {
        var plan = CheckPlan.From(new ClusterObjects { Nodes = [Node1, Node2], Services = [Service("web", "172.21.0.5", new ServicePort { Port = 80, NodePort = 30080 })] });
        Assert.Equal(
            [("ClusterIP", "172.21.0.5", 80), ("node-1", "192.168.0.3", 30080), ("node-2", "192.168.64.2", 30080)],
            plan.Targets.Select(t => (t.Via, t.Address, t.Port)));
    }

    [Theory]
    [InlineData("None", null)]
    [InlineData(null, null)]
    [InlineData("172.21.0.5", "ExternalName")]
    public void Services_without_a_ClusterIP_are_no_targets(string? address, string? type)
    {
        var service = new Service { Metadata = new() { Name = "s", Namespace = "default" }, Spec = new() { ClusterIP = address, Type = type, Ports = [new() { Port = 1 }] } };
        Assert.Empty(CheckPlan.From(new ClusterObjects { Services = [service] }).Targets);
    }

    [Fact]
    public void The_outside_host_is_not_expected_to_reach_a_ClusterIP()
    {
        var outside = new CheckSource(CheckSourceKind.Outside, "outside", null);
        Assert.False(CheckPlan.ShouldReach(outside, Target(via: CheckTarget.ClusterIP)));
        Assert.True(CheckPlan.ShouldReach(outside, Target(via: "node-1")));
        Assert.True(CheckPlan.ShouldReach(new CheckSource(CheckSourceKind.Pod, "default/p", "node-1"), Target(via: CheckTarget.ClusterIP)));
    }

    [Theory]
    [InlineData("Local", "node-2", new[] { "node-1" }, null)]
    [InlineData("Cluster", "node-2", null, null)]
    [InlineData("Local", null, null, null)]
    public void By_the_external_policy_Local_a_node_without_an_endpoint_serves_only_itself(string policy, string? endpoint, string[]? first, string[]? second)
    {
        var service = Service("web", "172.21.0.5", new ServicePort { Port = 80, NodePort = 30080 });
        var plan = CheckPlan.From(new ClusterObjects
        {
            Nodes = [Node1, Node2], Services = [service with { Spec = service.Spec! with { ExternalTrafficPolicy = policy } }], EndpointSlices = SlicesOn(endpoint),
        });
        Assert.Equal([null, first, second], plan.Targets.Select(t => t.OnlyFrom));
    }

    [Fact]
    public void By_the_internal_policy_Local_only_nodes_with_an_endpoint_reach_the_ClusterIP()
    {
        var service = Service("web", "172.21.0.5", new ServicePort { Port = 80 });
        var plan = CheckPlan.From(new ClusterObjects { Services = [service with { Spec = service.Spec! with { InternalTrafficPolicy = "Local" } }], EndpointSlices = SlicesOn("node-2") });
        var target = Assert.Single(plan.Targets);
        Assert.True(CheckPlan.ShouldReach(new CheckSource(CheckSourceKind.Pod, "default/p", "node-2"), target));
        Assert.False(CheckPlan.ShouldReach(new CheckSource(CheckSourceKind.Pod, "default/p", "node-1"), target));
        Assert.False(CheckPlan.ShouldReach(new CheckSource(CheckSourceKind.Node, "node-1", "node-1"), target));
    }

    [Theory]
    [InlineData(true, "http", true, false)]
    [InlineData(null, "http", true, false)]
    [InlineData(false, "http", true, true)]
    [InlineData(true, "other", true, true)]
    public void A_port_without_a_ready_endpoint_of_its_name_is_expected_to_refuse(bool? ready, string sliceport, bool hasSlice, bool refused)
    {
        var slice = new EndpointSlice
        {
            AddressType = "IPv4",
            Metadata = new() { Namespace = "default", Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = "web" } },
            Endpoints = [new() { Addresses = ["172.20.0.2"], Conditions = new() { Ready = ready } }],
            Ports = [new() { Name = sliceport, Port = 8080, Protocol = "TCP" }],
        };
        var plan = CheckPlan.From(new ClusterObjects { Services = [Service("web", "172.21.0.5", new ServicePort { Name = "http", Port = 80 })], EndpointSlices = hasSlice ? [slice] : [] });
        Assert.Equal(refused, Assert.Single(plan.Targets).Refused);
    }

    [Theory]
    [InlineData(false, false, true, false, CheckVerdict.Reached)]
    [InlineData(false, false, false, true, CheckVerdict.Miss)]
    [InlineData(false, false, false, false, CheckVerdict.Miss)]
    [InlineData(true, false, false, true, CheckVerdict.RefusedAsItShould)]
    [InlineData(true, false, false, false, CheckVerdict.Miss)]
    [InlineData(true, false, true, false, CheckVerdict.Miss)]
    [InlineData(false, true, false, false, CheckVerdict.Unanswered)]
    [InlineData(false, true, false, true, CheckVerdict.Miss)]
    public void Verdicts(bool expectRefusal, bool silent, bool answered, bool refused, CheckVerdict verdict) =>
        Assert.Equal(verdict, CheckReport.Judge(Target(CheckTarget.ClusterIP) with { Refused = expectRefusal, Silent = silent }, answered, refused));

    private static IReadOnlyList<EndpointSlice> SlicesOn(string? node) => node is null ? [] :
    [
        new()
        {
            AddressType = "IPv4",
            Metadata = new() { Namespace = "default", Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = "web" } },
            Endpoints = [new() { Addresses = ["172.20.0.2"], NodeName = node }],
            Ports = [new() { Port = 8080, Protocol = "TCP" }],
        },
    ];

    private static CheckTarget Target(string via) => new("default/web", via, "TCP", "172.21.0.5", 80, Refused: false, Silent: false);

    private static KubeNode NodeAt(string name, string address) => new() { Metadata = new() { Name = name }, Status = new() { Addresses = [new() { Type = "InternalIP", Address = address }] } };

    private static Pod PodAt(string name, string node, string phase = "Running") => new()
    {
        Metadata = new() { Name = name, Namespace = "default" },
        Spec = new() { NodeName = node },
        Status = new() { Phase = phase, PodIP = "172.20.0.2" },
    };

    private static Service Service(string name, string address, ServicePort port) => new()
    {
        Metadata = new() { Name = name, Namespace = "default" },
        Spec = new() { ClusterIP = address, Ports = [port] },
    };
}
