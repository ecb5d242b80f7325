using System.Net;
using Viaduct.Addressing;
using Viaduct.Cluster.Model;

namespace Viaduct.Cluster.Underlay;

/// <summary>
/// The machines and wires below the cluster, as data: a VPC router with one bridge per vSwitch, a control-plane host, the
/// nodes spread over the zones in turn, and a host outside of the VPC. Each has an address of each IP family that its network has. Pure.
/// </summary>
public sealed record UnderlayPlan
{
    public required IReadOnlyList<VSwitchSegment> VSwitches { get; init; }

    public required HostPlan ControlPlane { get; init; }

    public required IReadOnlyList<HostPlan> Nodes { get; init; }

    /// <summary>The host that is no part of the VPC, on a network of its own.</summary>
    public required HostPlan Outside { get; init; }

    public bool HasIPv6 => VSwitches.Any(v => v.Networks.IPv6 is not null);

    public static UnderlayPlan From(ClusterSpec spec)
    {
        var plan = spec.ToPlan();
        var vSwitches = plan.VSwitches.Select(v => new VSwitchSegment(v.Zone, v.Cidr)).ToArray();
        var free = Array.ConvertAll(vSwitches, v => v.Networks.Select(n => new NodeAddressAllocator(n)).ToArray());
        // The control plane is the first host of the first vSwitch.
        HostPlan Place(string name, int at) => new(name, vSwitches[at], [.. free[at].Select(Take)]);

        var controlPlane = Place(UnderlayNames.ControlPlane, 0);
        var nodes = Enumerable.Range(0, spec.Nodes).Select(i => Place($"node-{i + 1}", i % vSwitches.Length)).ToArray();
        return new UnderlayPlan { VSwitches = vSwitches, ControlPlane = controlPlane, Nodes = nodes, Outside = PlaceOutside(plan, vSwitches) };
    }

    private static IPAddress Take(NodeAddressAllocator vSwitch) => vSwitch.Allocate()
        ?? throw new ClusterException($"The vSwitch {vSwitch.VSwitch} has no address left for the nodes; give it a larger range or ask for fewer nodes.");

    /// <summary>.10 of TEST-NET-3 (RFC 5737) and of a documentation prefix (RFC 3849): never a real destination.</summary>
    private static HostPlan PlaceOutside(ClusterPlan plan, IReadOnlyList<VSwitchSegment> vSwitches)
    {
        var network = new VSwitchSegment(UnderlayNames.Outside, [.. plan.Outside.Where(o => vSwitches.Any(v => v.Networks.SameFamilyAs(o) is not null))]);
        return new HostPlan(UnderlayNames.Outside, network, [.. network.Networks.Select(n => n.AddressAt(n.IsIPv6() ? 0x10u : 10u))]);
    }
}

/// <summary>A network of the router: a vSwitch, whose bridge in the router's namespace carries the gateway's addresses, or the one outside.</summary>
public sealed record VSwitchSegment(string Zone, IpRanges Networks)
{
    public string Bridge => $"vsw-{Zone}";

    /// <summary>The router's addresses, one per IP family.</summary>
    public IReadOnlyList<IPAddress> Gateways => [.. Networks.Select(n => n.AddressAt(1u))];
}

/// <summary>A host: a namespace whose eth0 is connected to a network of the router.</summary>
/// <param name="Name">Its name.</param>
/// <param name="VSwitch">Its network.</param>
/// <param name="Addresses">One address of each IP family that the network has, in the network's order.</param>
public sealed record HostPlan(string Name, VSwitchSegment VSwitch, IReadOnlyList<IPAddress> Addresses)
{
    /// <summary>The address that stands for the host.</summary>
    public IPAddress Address => Addresses[0];
}
