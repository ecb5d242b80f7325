using Viaduct.Linux.Namespaces;

namespace Viaduct.Linux.Route;

/// <summary>What to change on a link; null leaves it as it is.</summary>
public sealed record LinkChange
{
    /// <summary>Set up or down.</summary>
    public bool? Up { get; init; }

    /// <summary>The index of the bridge to join; 0 leaves it.</summary>
    public int? Master { get; init; }

    /// <summary>The MTU.</summary>
    public int? Mtu { get; init; }

    /// <summary>The new name; the link must be down on kernels before 6.2.</summary>
    public string? Name { get; init; }

    /// <summary>The hardware address. Setting a bridge's own address to itself pins it: it no longer follows the ports.</summary>
    public MacAddress? Address { get; init; }

    /// <summary>The namespace to move to. The link keeps its name and loses its addresses.</summary>
    public NetNamespace? Namespace { get; init; }

    /// <summary>Whether a bridge port sends frames back where they came from. Like <c>bridge link set dev X hairpin on</c>.</summary>
    public bool? HairpinMode { get; init; }
}
