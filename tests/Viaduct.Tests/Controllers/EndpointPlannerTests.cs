using Viaduct.Controllers.ServiceEndpoints;
using Viaduct.Kube.Objects;

namespace Viaduct.Tests.Controllers;

public class EndpointPlannerTests
{
    /// <summary>ready, terminating, published: then ready, serving, terminating of the endpoint, and where it is in Endpoints.</summary>
    [Theory]
    [InlineData(true, false, false, true, true, false, "ready")]
    [InlineData(false, false, false, false, false, false, "not ready")]
    [InlineData(true, true, false, false, true, true, "absent")]
    [InlineData(false, true, false, false, false, true, "absent")]
    [InlineData(false, false, true, true, false, false, "ready")]
    [InlineData(true, true, true, true, true, true, "ready")]
    public void Conditions_follow_readiness_and_termination(
        bool podReady, bool podTerminating, bool publish, bool ready, bool serving, bool terminating, string inEndpoints)
    {
        var service = Make.Service(publish);
        Pod[] pods = [Make.Pod("a", ready: podReady, terminating: podTerminating)];
        var endpoint = Assert.Single(Assert.Single(Slices(service, pods).Create).Endpoints!);
        Assert.Equal(new EndpointConditions { Ready = ready, Serving = serving, Terminating = terminating }, endpoint.Conditions);
        Assert.Equal(("172.20.0.2", "node-1", "zone of node-1"), (endpoint.Addresses[0], endpoint.NodeName, endpoint.Zone));
        Assert.Equal(new ObjectReference { Kind = "Pod", Namespace = "shop", Name = "a", Uid = "uid-a" }, endpoint.TargetRef);
        var subset = EndpointsPlanner.Decide(service, pods, null)!.Subsets!.SingleOrDefault();
        Assert.Equal(inEndpoints, subset switch { { Addresses.Count: 1, NotReadyAddresses: null } => "ready", { Addresses: null, NotReadyAddresses.Count: 1 } => "not ready", _ => "absent" });
    }

    [Fact]
    public void Pods_without_address_or_at_their_end_are_no_endpoints()
    {
        Pod[] pods = [Make.Pod("a", ip: null), Make.Pod("b", phase: "Succeeded"), Make.Pod("c", phase: "Failed")];
        Assert.Empty(Assert.Single(Slices(Make.Service(), pods).Create).Endpoints!);
        Assert.Empty(EndpointsPlanner.Decide(Make.Service(), pods, null)!.Subsets!);
    }

    [Fact]
    public void A_dual_stack_service_has_slices_of_each_family_and_endpoints_of_the_first()
    {
        var service = Make.Service();
        service = service with { Spec = service.Spec! with { IpFamilies = ["IPv6", "IPv4"] } };
        Pod both = Make.Pod("both"), old = Make.Pod("old", ip: "172.20.0.3");
        both = both with { Status = both.Status! with { PodIPs = [new() { Ip = "172.20.0.2" }, new() { Ip = "fd00:20::2" }] } };
        var slices = Slices(service, [both, old]).Create;
        Assert.Equal(
            ["IPv4 172.20.0.2", "IPv4 172.20.0.3", "IPv6 fd00:20::2"],
            slices.SelectMany(s => s.Endpoints!.Select(e => $"{s.AddressType} {Assert.Single(e.Addresses)}")).Order(StringComparer.Ordinal));
        Assert.Equal("fd00:20::2", Assert.Single(Assert.Single(EndpointsPlanner.Decide(service, [both, old], null)!.Subsets!).Addresses!).Ip);
        var stored = slices.Select((s, i) => s with { Metadata = s.Metadata with { Name = $"web-{i}" } }).ToList();
        Assert.True(EndpointSlicePlanner.Decide(service, [both, old], n => $"zone of {n}", stored).IsEmpty);

        var single = service with { Spec = service.Spec! with { IpFamilies = ["IPv6"] } };
        var plan = EndpointSlicePlanner.Decide(single, [both, old], n => $"zone of {n}", stored);
        Assert.Equal((0, 0, "IPv4"), (plan.Create.Count, plan.Update.Count, Assert.Single(plan.Delete).AddressType));
    }

    [Theory]
    [InlineData("fd00:21::9", "IPv6")]
    [InlineData("172.21.0.9", "IPv4")]
    [InlineData("None", "IPv4")]
    public void A_service_that_does_not_say_its_families_has_that_of_its_address(string clusterIP, string type) =>
        Assert.Equal(type, Assert.Single(Slices(Make.Service(clusterIP: clusterIP), []).Create).AddressType);

    [Fact]
    public void A_named_port_is_what_it_is_in_each_pod()
    {
        var service = Make.Service(ports: [new() { Name = "http", Port = 80, TargetPort = "web" }, new() { Name = "admin", Port = 81, TargetPort = 9000 }]);
        Pod[] pods = [Make.Pod("a", ip: "172.20.0.2"), Make.Pod("b", ip: "172.20.0.3", port: 8080), Make.Pod("c", ip: "172.20.0.4", portName: "other")];
        var slices = Slices(service, pods).Create.OrderBy(s => s.Endpoints![0].Addresses[0], StringComparer.Ordinal).ToList();
        Assert.Equal(["http 9376, admin 9000", "http 8080, admin 9000", "admin 9000"], slices.Select(s => string.Join(", ", s.Ports!.Select(p => $"{p.Name} {p.Port}"))));
        Assert.Equal(3, EndpointsPlanner.Decide(service, pods, null)!.Subsets!.Count);
    }

    [Fact]
    public void A_slice_has_the_names_that_its_readers_look_for()
    {
        var slice = Assert.Single(Slices(Make.Service(clusterIP: "None"), [Make.Pod("a")]).Create);
        Assert.Equal(("web-", "IPv4"), (slice.Metadata.GenerateName, slice.AddressType));
        Assert.Equal(
            [new("team", "a"), new("kubernetes.io/service-name", "web"), new("endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io"), new("service.kubernetes.io/headless", "")],
            slice.Metadata.Labels!);
        var owner = Assert.Single(slice.Metadata.OwnerReferences!);
        Assert.Equal(("v1", "Service", "uid-svc", true), (owner.ApiVersion, owner.Kind, owner.Uid, owner.Controller));
        Assert.Equal(new EndpointPort { Name = "http", Port = 9376, Protocol = "TCP" }, Assert.Single(slice.Ports!));
    }

    [Fact]
    public void Two_hundred_and_fifty_pods_make_three_slices()
    {
        var made = Stored(Slices(Make.Service(), Many(250)).Create);
        Assert.Equal([50, 100, 100], made.Select(s => s.Endpoints!.Count).Order());
        Assert.True(Slices(Make.Service(), Many(250), made).IsEmpty);
    }

    [Fact]
    public void A_change_touches_only_the_slice_that_changes()
    {
        var made = Stored(Slices(Make.Service(), Many(250)).Create);
        var pods = Many(250).Select(p => p.Metadata.Name == "pod-0007" ? p with { Status = p.Status! with { Conditions = [] } } : p);
        var plan = Slices(Make.Service(), pods, made);
        var changed = Assert.Single(plan.Update);
        Assert.Single(changed.Endpoints!, e => e.Conditions!.Ready == false);
        Assert.Empty(plan.Create);
        Assert.Empty(plan.Delete);
    }

    [Fact]
    public void A_new_pod_takes_the_place_of_one_that_left()
    {
        var made = Stored(Slices(Make.Service(), Many(250)).Create);
        var plan = Slices(Make.Service(), Many(251).Where(p => p.Metadata.Name != "pod-0007"), made);
        var changed = Assert.Single(plan.Update);
        Assert.Contains(changed.Endpoints!, e => e.TargetRef!.Name == "pod-0250");
        Assert.DoesNotContain(changed.Endpoints!, e => e.TargetRef!.Name == "pod-0007");
        Assert.Empty(plan.Create);
    }

    [Fact]
    public void An_emptied_slice_goes_but_the_last_stays_empty()
    {
        var made = Stored(Slices(Make.Service(), Many(150)).Create);
        var small = made.Single(s => s.Endpoints!.Count == 50);
        var kept = made.Single(s => s.Endpoints!.Count == 100).Endpoints!.Select(e => e.TargetRef!.Name).ToHashSet();
        var plan = Slices(Make.Service(), Many(150).Where(p => kept.Contains(p.Metadata.Name)), made);
        Assert.Equal([small.Metadata.Name], plan.Delete.Select(s => s.Metadata.Name));
        Assert.Empty(plan.Update);
        var none = Slices(Make.Service(), [], made);
        Assert.Empty(Assert.Single(none.Update).Endpoints!);
        Assert.Single(none.Delete);
    }

    [Fact]
    public void Other_ports_reuse_the_slices_in_one_step()
    {
        var made = Stored(Slices(Make.Service(), Many(3)).Create);
        var plan = Slices(Make.Service(ports: [new() { Name = "http", Port = 80, TargetPort = 8080 }]), Many(3), made);
        var changed = Assert.Single(plan.Update);
        Assert.Equal((8080, 3, made[0].Metadata.Name), (changed.Ports![0].Port, changed.Endpoints!.Count, changed.Metadata.Name));
        Assert.Empty(plan.Create);
        Assert.Empty(plan.Delete);
    }

    [Fact]
    public void What_leaves_is_written_before_what_joins()
    {
        var made = Stored(Slices(Make.Service(), Many(150)).Create);
        var (full, half) = (made.Single(s => s.Endpoints!.Count == 100), made.Single(s => s.Endpoints!.Count == 50));
        var leaving = half.Endpoints![0].TargetRef!.Name;
        // One pod of the full slice is renumbered in readiness (joins again), one of the other leaves.
        full = full with { Endpoints = [.. full.Endpoints!.Select((e, i) => i == 0 ? e with { Conditions = e.Conditions! with { Ready = false } } : e)] };
        var plan = Slices(Make.Service(), Many(150).Where(p => p.Metadata.Name != leaving), [full, half]);
        Assert.Equal([half.Metadata.Name, full.Metadata.Name], plan.Update.Select(s => s.Metadata.Name));
    }

    [Fact]
    public void Endpoints_that_are_right_are_not_written_again()
    {
        var made = EndpointsPlanner.Decide(Make.Service(), Many(3), null)!;
        Assert.Null(EndpointsPlanner.Decide(Make.Service(), Many(3).Reverse(), made));
        Assert.NotNull(EndpointsPlanner.Decide(Make.Service(), Many(4), made));
        Assert.Equal(["172.20.0.0", "172.20.0.1", "172.20.0.2"], made.Subsets![0].Addresses!.Select(a => a.Ip));
    }

    private static IEnumerable<Pod> Many(int count) =>
        Enumerable.Range(0, count).Select(i => Make.Pod($"pod-{i:0000}", ip: $"172.20.{i / 250}.{i % 250}"));

    private static EndpointSlicePlan Slices(Service service, IEnumerable<Pod> pods, IReadOnlyList<EndpointSlice>? existing = null) =>
        EndpointSlicePlanner.Decide(service, pods, node => $"zone of {node}", existing ?? []);

    /// <summary>As the server gives them back: with names.</summary>
    private static List<EndpointSlice> Stored(IReadOnlyList<EndpointSlice> slices) =>
        [.. slices.Select((s, i) => s with { Metadata = s.Metadata with { Name = $"web-{i}", Uid = $"uid-{i}", ResourceVersion = "1" } })];
}
