using System.Net;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>What must change in the table. Only what differs is in it: an empty plan writes nothing.</summary>
internal sealed record TablePlan
{
    public List<FanOut> AddedFanOuts { get; } = [];

    public List<FanOut> RemovedFanOuts { get; } = [];

    public List<IPAddress> AddedClusterIPs { get; } = [];

    public List<IPAddress> RemovedClusterIPs { get; } = [];

    public List<Frontend> AddedNodePorts { get; } = [];

    public List<Frontend> RemovedNodePorts { get; } = [];

    public List<IPAddress> AddedHairpins { get; } = [];

    public List<IPAddress> RemovedHairpins { get; } = [];

    /// <summary>Each is applied whole in one transaction.</summary>
    public List<FrontendPlan> Frontends { get; } = [];

    public bool IsEmpty => ElementCount == 0 && AddedFanOuts.Count == 0 && RemovedFanOuts.Count == 0;

    /// <summary>How many elements are added or removed.</summary>
    public int ElementCount =>
        AddedClusterIPs.Count + RemovedClusterIPs.Count + AddedNodePorts.Count + RemovedNodePorts.Count
        + AddedHairpins.Count + RemovedHairpins.Count + Frontends.Sum(f => f.ElementCount);
}

/// <summary>What must change for one frontend.</summary>
internal sealed record FrontendPlan(Frontend Frontend)
{
    public FrontendVerdict? RemovedVerdict { get; init; }

    public FrontendVerdict? AddedVerdict { get; init; }

    public List<(int Slot, EndpointAddress Target)> RemovedSlots { get; } = [];

    public List<(int Slot, EndpointAddress Target)> AddedSlots { get; } = [];

    public int ElementCount => (RemovedVerdict is null ? 0 : 1) + (AddedVerdict is null ? 0 : 1) + RemovedSlots.Count + AddedSlots.Count;
}

/// <summary>The element of a verdict map: how many endpoints the frontend has, and the Service port as the element's comment.</summary>
internal readonly record struct FrontendVerdict(int Endpoints, string Owner);
