using System.Net;
using Viaduct.Cluster.Model;

namespace Viaduct.Cluster.Underlay;

/// <summary>
/// The machines and wires below the cluster, as data: a VPC router with one bridge per vSwitch, a control-plane host, the
/// nodes spread over the zones in turn, and a host outside of the VPC. Pure.
/// </summary>
public sealed record UnderlayPlan
{
    /// <summary>The network outside of the cluster (TEST-NET-3, RFC 5737: never a real destination).</summary>
    public static IPNetwork OutsideNetwork { get; } = IPNetwork.Parse("203.0.113.0/24");

    public static IPAddress OutsideGateway { get; } = IPAddress.Parse("203.0.113.1");

    public static IPAddress OutsideAddress { get; } = IPAddress.Parse("203.0.113.10");

    public required IReadOnlyList<VSwitchSegment> VSwitches { get; init; }

    public required HostPlan ControlPlane { get; init; }

    public required IReadOnlyList<HostPlan> Nodes { get; init; }

    public static UnderlayPlan From(ClusterSpec spec)
    {
        var vSwitches = spec.VSwitches.Select(VSwitchSegment.From).ToArray();
        // In each vSwitch .1 is the router; the control plane is the first host of the first one.
        var taken = vSwitches.Select(_ => 1u).ToArray();
        HostPlan Place(string name, int at) => new(name, vSwitches[at], Offset(vSwitches[at].Network, ++taken[at]));

        var controlPlane = Place(UnderlayNames.ControlPlane, 0);
        var nodes = Enumerable.Range(0, spec.Nodes).Select(i => Place($"node-{i + 1}", i % vSwitches.Length)).ToArray();
        return new UnderlayPlan { VSwitches = vSwitches, ControlPlane = controlPlane, Nodes = nodes };
    }

    internal static IPAddress Offset(IPNetwork network, uint offset)
    {
        var bytes = network.BaseAddress.GetAddressBytes();
        var number = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes) + offset;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        var address = new IPAddress(bytes);
        return network.Contains(address)
            ? address
            : throw new ClusterException($"The vSwitch {network} has no address left for the nodes; give it a larger range or ask for fewer nodes.");
    }
}

/// <summary>A vSwitch: a bridge in the router's namespace that carries the gateway's address.</summary>
public sealed record VSwitchSegment(string Zone, IPNetwork Network, IPAddress Gateway)
{
    public string Bridge => $"vsw-{Zone}";

    public static VSwitchSegment From(VSwitchSpec spec)
    {
        var network = IPNetwork.Parse(spec.Cidr);
        return new VSwitchSegment(spec.Zone, network, UnderlayPlan.Offset(network, 1));
    }
}

/// <summary>A host of the VPC: a namespace whose eth0 is a port of the vSwitch's bridge.</summary>
public sealed record HostPlan(string Name, VSwitchSegment VSwitch, IPAddress Address);
