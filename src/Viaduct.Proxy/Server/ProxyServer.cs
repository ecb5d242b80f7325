using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Config;
using Viaduct.Kube.Http;
using Viaduct.Kube.Informers;
using Viaduct.Linux.Processes;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Server.NodeFacts;
using Viaduct.Proxy.Server.Sysctls;
using Viaduct.Proxy.Switching;

namespace Viaduct.Proxy.Server;

/// <summary>The program <c>viaduct proxy</c>: finds the API server and the node, makes the kernel's settings and serves until told to end.</summary>
public static class ProxyServer
{
    /// <summary>Returns when cancelled; Services then stay as they are.</summary>
    public static async Task RunAsync(ProxyServerOptions options, ILoggerFactory loggers, CancellationToken cancellation)
    {
        var configuration = options.Configuration;
        var log = loggers.CreateLogger("Viaduct.Proxy");
        using var api = HttpKubeApi.FromKubeconfig(ApiConnection.Choose(configuration.Kubeconfig, options.Master, Environment.GetEnvironmentVariable), ProgramRun.CaptureAsync);
        try
        {
            var node = await new NodeIdentification(api, configuration, log, TimeProvider.System).RunAsync(Environment.MachineName, cancellation);
            var small = KernelSettings.Apply(configuration.Conntrack, log);
            ModeRequirements.Require(configuration.ProxyMode, node.Families(Socket.OSSupportsIPv6).Select(f => ProxyInstance.Options(configuration, node, f)));
            using var instance = ProxyInstance.Open(configuration, node, api, loggers);
            if (options.InitOnly)
            {
                ServerLog.Tell(log, "The settings that need root are made.");
                return;
            }

            if (small is not null)
                instance.WarnOfNode("ConntrackHashSize", small);
            KernelSettings.SetOomScore(configuration.OomScoreAdj, log);
            await Together.RunAsync(cancellation, [instance.RunAsync, .. FileWatch(options)]);
            cancellation.ThrowIfCancellationRequested();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            ServerLog.Tell(log, "The proxy ends; Services stay as they are.");
        }
    }

    private static IEnumerable<Func<CancellationToken, Task>> FileWatch(ProxyServerOptions options) =>
        options.File is { } file ? [stop => ConfigFileWatch.RunAsync(file.Path, file.Text, stop)] : [];

    /// <summary>Removes what this proxy wrote in any mode, and nothing else.</summary>
    /// <exception cref="ProxyModeException">Some of it could not be removed; all else is.</exception>
    public static void CleanUp()
    {
        var failures = new List<Exception>();
        foreach (var mode in Enum.GetValues<ProxyMode>())
        {
            foreach (var family in Enum.GetValues<IPFamily>())
                Try(mode, family, failures);
        }

        if (failures.Count > 0)
            throw new ProxyModeException(string.Join(' ', failures.Select(f => f.Message).Distinct()), failures[0]);
    }

    private static void Try(ProxyMode mode, IPFamily family, List<Exception> failures)
    {
        try
        {
            ProxyBackends.Remove(mode, family);
        }
        catch (Exception e)
        {
            failures.Add(new ProxyModeException($"The {family} rules of mode {mode.Name()} could not be removed: {e.Message}", e));
        }
    }
}
