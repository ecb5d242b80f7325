using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Http;
using Viaduct.Kube.Informers;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Server.Configuration;
using Viaduct.Proxy.Server.NodeFacts;
using Viaduct.Proxy.Server.Sysctls;

namespace Viaduct.Proxy.Server;

/// <summary>The program <c>viaduct proxy</c>: finds the API server and the node, makes the kernel's settings and serves until told to end.</summary>
public static class ProxyServer
{
    /// <summary>Returns when cancelled; Services then stay as they are.</summary>
    public static async Task RunAsync(ProxyServerOptions options, ILoggerFactory loggers, CancellationToken cancellation)
    {
        var configuration = options.Configuration;
        var log = loggers.CreateLogger("Viaduct.Proxy");
        if (options.InitOnly)
        {
            KernelSettings.Apply(configuration.Conntrack, log);
            return;
        }

        using var api = HttpKubeApi.FromKubeconfig(ApiConnection.Choose(configuration.Kubeconfig, options.Master, Environment.GetEnvironmentVariable));
        KernelSettings.SetOomScore(configuration.OomScoreAdj, log);
        KernelSettings.Apply(configuration.Conntrack, log);
        try
        {
            var node = await new NodeIdentification(api, configuration, log, TimeProvider.System).RunAsync(Environment.MachineName, cancellation);
            RequireKernel(configuration, node.Families(Socket.OSSupportsIPv6));
            using var instance = ProxyInstance.Open(configuration, node, api, loggers);
            await Together.RunAsync(cancellation, [instance.RunAsync, .. FileWatch(options)]);
            cancellation.ThrowIfCancellationRequested();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            ServerLog.Tell(log, "The proxy ends; Services stay as they are.");
        }
    }

    /// <summary>Says at once what the kernel lacks, instead of failing at the first rule.</summary>
    private static void RequireKernel(ProxyConfiguration configuration, IEnumerable<IPFamily> families)
    {
        if (families.SelectMany(f => ProxyBackends.FindMissingFeatures(configuration.ProxyMode, f, IpvsConfiguration.Of(configuration))).Distinct().ToList() is { Count: > 0 } missing)
            throw new ProxyEndException(string.Join(' ', missing));
    }

    private static IEnumerable<Func<CancellationToken, Task>> FileWatch(ProxyServerOptions options) =>
        options.File is { } file ? [stop => ConfigFileWatch.RunAsync(file.Path, file.Text, stop)] : [];

    /// <summary>Removes what this proxy wrote in any mode, and nothing else.</summary>
    public static void CleanUp()
    {
        foreach (var mode in Enum.GetValues<ProxyMode>())
        {
            foreach (var family in Enum.GetValues<IPFamily>())
                ProxyBackends.Remove(mode, family);
        }
    }
}
