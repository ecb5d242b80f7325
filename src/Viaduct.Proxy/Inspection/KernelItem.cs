using System.Globalization;

namespace Viaduct.Proxy.Inspection;

/// <summary>Something that a mode keeps for a Service port, as both sides have it.</summary>
/// <param name="What">What it is, and where.</param>
/// <param name="Proxy">As the proxy wants it; null if it should not be there.</param>
/// <param name="Kernel">As the kernel has it; null if it is not there.</param>
public sealed record KernelItem(string What, string? Proxy, string? Kernel)
{
    /// <summary>What the kernel counted for it.</summary>
    public TrafficCount? Traffic { get; init; }

    /// <summary>Whether only one of the sides can know it, so that there is nothing to compare.</summary>
    public bool IsOneSided { get; init; }

    public bool IsEqual => IsOneSided || Proxy == Kernel;

    /// <summary>Something that only the kernel counts.</summary>
    public static KernelItem Counted(string what, long count) => new(what, null, count.ToString(CultureInfo.InvariantCulture)) { IsOneSided = true };

    /// <summary>Something that the proxy itself does, without the kernel.</summary>
    public static KernelItem OfProxy(string what, string value) => new(what, value, null) { IsOneSided = true };
}
