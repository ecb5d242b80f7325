using Microsoft.Extensions.Logging;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Sysctls;
using Viaduct.Proxy.Server.Configuration;
using Viaduct.Proxy.Server.Sysctls;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>What the proxy sets of connection tracking when it starts.</summary>
public class KernelSettingsTests
{
    private const string Prefix = "net.netfilter.nf_conntrack_";

    [Fact]
    public void Time_outs_are_set_and_what_only_the_host_may_set_is_told_in_one_sentence()
    {
        using var ns = NetNamespace.Create();
        var configuration = new ConntrackConfiguration(0, 0, TimeSpan.FromHours(24), TimeSpan.FromHours(1), true, TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(190));
        var log = new Lines();
        Assert.Null(ns.Run(() => KernelSettings.Apply(configuration, log)));
        Assert.Empty(log.Told);
        Assert.Equal(
            ["86400", "3600", "1", "40", "190"],
            new[] { "tcp_timeout_established", "tcp_timeout_close_wait", "tcp_be_liberal", "udp_timeout", "udp_timeout_stream" }.Select(n => ns.Run(() => Sysctl.Read(Prefix + n))));

        var small = ns.Run(() => KernelSettings.Apply(configuration with { MaxPerCore = int.MaxValue / 2 }, log));
        Assert.StartsWith("Some settings of connection tracking stay as they are, and Services work without them: ", Assert.Single(log.Told), StringComparison.Ordinal);
        Assert.Matches("^The table of tracked connections is too small for their limit and could not be grown, .* Set /sys/module/nf_conntrack/parameters/hashsize on the host\\.$", small);
    }

    private sealed class Lines : ILogger
    {
        public List<string> Told { get; } = [];

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Told.Add(formatter(state, exception));

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;
    }
}
