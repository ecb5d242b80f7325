using System.Collections.Immutable;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// What the kernel's table contains, as far as the planner needs it. The planner changes it along with its plan; when a plan could not be
/// committed whole, it is worthless and read anew.
/// </summary>
internal sealed class InstalledTable
{
    public Dictionary<Frontend, InstalledFrontend> Frontends { get; } = [];

    public SharedElements<PackedAddress> ClusterIPs { get; } = new();

    public SharedElements<PackedAddress> Hairpins { get; } = new();

    public SharedElements<AffinityTarget> AffinityTargets { get; } = new();

    public SharedElements<FanOut> FanOuts { get; } = new();

    public AffinityIds AffinityIds { get; } = new();

    /// <summary>Null when the kernel has other elements than ranges of ours.</summary>
    public ImmutableArray<AddressRange>? ServiceCidrs { get; set; } = [];

    public ImmutableArray<AddressRange>? NodePortAddresses { get; set; } = [];

    /// <summary>Elements that no plan writes.</summary>
    public List<(TableSet Set, byte[] Key, byte[] KeyEnd)> Strays { get; } = [];
}
