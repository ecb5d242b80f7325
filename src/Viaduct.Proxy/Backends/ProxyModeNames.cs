namespace Viaduct.Proxy.Backends;

/// <summary>The modes as people write them.</summary>
public static class ProxyModeNames
{
    /// <summary>What serves when nobody chooses.</summary>
    public const ProxyMode Default = ProxyMode.Nftables;

    /// <summary>All of them, for sentences.</summary>
    public static string All { get; } = string.Join(", ", Enum.GetValues<ProxyMode>().Select(Name));

    public static string Name(this ProxyMode mode) => mode.ToString().ToLowerInvariant();

    /// <summary>The mode of a name as kube-proxy writes it; the default for an empty one, null for an unknown one.</summary>
    public static ProxyMode? Find(string name)
    {
        if (name.Length == 0)
            return Default;
        foreach (var mode in Enum.GetValues<ProxyMode>())
        {
            if (mode.Name() == name)
                return mode;
        }

        return null;
    }
}
