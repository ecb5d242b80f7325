using System.Collections.Immutable;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>A frontend as the kernel has it.</summary>
internal sealed class InstalledFrontend
{
    /// <summary>The Service port that its elements name in their comments.</summary>
    public ServicePortName Owner { get; set; }

    public FrontendVerdict Verdict { get; set; }

    public FrontendVerdict OffNodeVerdict { get; set; }

    /// <summary>Its endpoints by slot. Replaced, never changed, once <see cref="IsCounted"/>.</summary>
    public Slot[] Slots { get; set; } = [];

    /// <summary>Its endpoints of policy Local, from slot 65536 on.</summary>
    public Slot[] LocalSlots { get; set; } = [];

    public Membership Membership { get; set; }

    /// <summary>The number in its element of the affinity ids; 0 is none.</summary>
    public uint AffinityId { get; set; }

    public ImmutableArray<AddressRange> SourceRanges { get; set; } = [];

    /// <summary>Whether it counts among the users of what it shares with others; not yet when it was only read from the kernel.</summary>
    public bool IsCounted { get; set; }

    public bool IsEmpty =>
        Verdict == FrontendVerdict.None && OffNodeVerdict == FrontendVerdict.None && Slots.Length == 0 && LocalSlots.Length == 0
        && Membership == 0 && AffinityId == 0 && SourceRanges.IsEmpty;
}
