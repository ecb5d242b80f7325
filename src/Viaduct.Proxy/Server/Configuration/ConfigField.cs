namespace Viaduct.Proxy.Server.Configuration;

/// <summary>What a field of the configuration holds.</summary>
internal enum ConfigKind
{
    Text,
    Boolean,
    Integer,
    Number,
    Duration,
    TextList,

    /// <summary>A mapping of names to true or false.</summary>
    Switches,

    /// <summary>Of the log and of other systems: taken as it is and written back.</summary>
    Opaque,
}

/// <summary>One field of a KubeProxyConfiguration.</summary>
/// <param name="Path">Names from the root, with dots.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Default">What it is when absent; null only for lists and opaque values, which are then empty.</param>
internal sealed record ConfigField(string Path, ConfigKind Kind, object? Default = null)
{
    /// <summary>Whether zero and empty mean something: kube-proxy takes the default for such a value of all other fields.</summary>
    public bool ZeroCounts { get; init; }
}
