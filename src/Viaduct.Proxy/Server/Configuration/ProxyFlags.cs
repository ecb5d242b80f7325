using Viaduct.Proxy.Backends;

namespace Viaduct.Proxy.Server.Configuration;

/// <summary>The configuration that a command line means, by kube-proxy's rules.</summary>
public static class ProxyFlags
{
    // With --config the file decides everything but these.
    private static readonly HashSet<string> s_besideFile =
        ["--hostname-override", "--v", "--vmodule", "--logging-format", "--log-flush-frequency"];

    /// <param name="file">Of --config, or null.</param>
    /// <param name="given">Values of the flags that were given, by name.</param>
    public static ProxyConfiguration Apply(ProxyConfiguration? file, IReadOnlyDictionary<string, string> given)
    {
        var configuration = file ?? ProxyConfiguration.Default;
        foreach (var flag in ProxyFlag.All.Where(f => file is null || s_besideFile.Contains(f.Name)))
        {
            if (given.TryGetValue(flag.Name, out var text))
                configuration = configuration.With(flag.Path, Value(flag, text));
        }

        return file is null ? Ports(MasqueradeAll(configuration), given) : configuration;
    }

    /// <summary>One flag stands for two fields: that of nftables mode, and that of all others.</summary>
    private static ProxyConfiguration MasqueradeAll(ProxyConfiguration configuration) =>
        configuration.Mode is "" or "nftables" || configuration["nftables.masqueradeAll"] is false
            ? configuration
            : configuration.With("iptables.masqueradeAll", true).With("nftables.masqueradeAll", null);

    /// <summary>Flags that were given and change nothing, why, and whether kube-proxy's users would expect otherwise.</summary>
    public static IEnumerable<(string Name, string Why, bool IsSurprising)> WithoutEffect(bool hasFile, ProxyMode mode, IEnumerable<string> given)
    {
        var flags = ProxyFlag.All.ToDictionary(f => f.Name);
        foreach (var name in given)
        {
            if (flags.TryGetValue(name, out var flag) && flag.HasNoEffect)
                yield return (name, "this proxy has nothing that it could change", false);
            else if (hasFile && !s_besideFile.Contains(name))
                yield return (name, "with --config the file decides", true);
            else if (flags.GetValueOrDefault(name)?.IsFor(mode) == false)
                yield return (name, $"mode {mode.Name()} has nothing that it could change", false);
        }
    }

    private static object Value(ProxyFlag flag, string text)
    {
        var kind = ConfigFields.ByPath[flag.Path].Kind;
        return ConfigValues.FromFlag(kind, text)
            ?? throw new ProxyConfigurationException($"{flag.Name} is \"{text}\" and must be {ConfigValues.Describe(kind)}.");
    }

    /// <summary>The old flags for ports: they complete an address without one, and 0 switches the server off.</summary>
    private static ProxyConfiguration Ports(ProxyConfiguration configuration, IReadOnlyDictionary<string, string> given) => configuration
        .With("healthzBindAddress", Server(configuration.HealthzBindAddress, "--healthz-port", ConfigDefaults.HealthzPort, given))
        .With("metricsBindAddress", Server(configuration.MetricsBindAddress, "--metrics-port", ConfigDefaults.MetricsPort, given));

    private static string Server(string address, string flag, int usual, IReadOnlyDictionary<string, string> given)
    {
        if (!given.TryGetValue(flag, out var text))
            return ConfigDefaults.AppendPort(address, usual);
        if (!ushort.TryParse(text, out var port))
            throw new ProxyConfigurationException($"{flag} is \"{text}\" and must be a port between 0 (off) and 65535.");
        return port == 0 ? "" : ConfigDefaults.AppendPort(address, port);
    }
}
