using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Server.Http;

namespace Viaduct.Proxy.Server.Health;

/// <summary>
/// The servers on <c>healthCheckNodePort</c> of one IP family, by which load balancers find the nodes that have endpoints of a Service.
/// A port that cannot be listened on is told and tried again at the next change.
/// </summary>
internal sealed class ServiceHealthServers(
    Func<IReadOnlyList<IPAddress>> addresses, Func<bool> isProxyHealthy, Action<ServiceName, string> tellFailure, ILogger log) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<ServiceName, Listening> servers = [];
    private ImmutableDictionary<ServiceName, HealthCheckState> wanted = ImmutableDictionary<ServiceName, HealthCheckState>.Empty;
    private bool complete = true;

    /// <summary>Has exactly the servers of <paramref name="checks"/>, with their counts.</summary>
    public void Update(ImmutableDictionary<ServiceName, HealthCheckState> checks)
    {
        lock (gate)
        {
            // The same object means that nothing changed: nearly every call.
            if (ReferenceEquals(checks, wanted) && complete)
                return;
            wanted = checks;
            foreach (var (service, listening) in servers.Where(s => !checks.TryGetValue(s.Key, out var check) || check.Port != s.Value.Port).ToList())
                Close(service, listening);
            complete = true;
            foreach (var (service, check) in checks)
                complete &= Open(service, check.Port);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var (service, listening) in servers.ToList())
                Close(service, listening);
        }
    }

    /// <summary>Whether every address is listened on.</summary>
    private bool Open(ServiceName service, ushort port)
    {
        if (!servers.TryGetValue(service, out var listening))
            servers[service] = listening = new Listening(port, []);
        var failures = new List<string>();
        foreach (var address in addresses().Where(a => !listening.Servers.ContainsKey(a)))
        {
            try
            {
                listening.Servers[address] = TinyHttpServer.Start(new IPEndPoint(address, port), path => Answer(service, path), log);
            }
            catch (SocketException e)
            {
                failures.Add($"{new IPEndPoint(address, port)} ({e.Message})");
            }
        }

        if (failures.Count > 0)
            tellFailure(service, $"The health check of Service {service} cannot listen on {string.Join(", ", failures)}: load balancers take this node for one without endpoints.");
        return failures.Count == 0;
    }

    private void Close(ServiceName service, Listening listening)
    {
        servers.Remove(service);
        foreach (var server in listening.Servers.Values)
            server.Dispose();
    }

    // Every path, as kube-proxy: load balancers ask for different ones.
    private TinyAnswer Answer(ServiceName service, string path)
    {
        int count;
        lock (gate)
            count = wanted.GetValueOrDefault(service).LocalEndpoints;
        return Answer(service, count, isProxyHealthy());
    }

    internal static TinyAnswer Answer(ServiceName service, int localEndpoints, bool isProxyHealthy)
    {
        var body = new JsonObject
        {
            ["service"] = new JsonObject { ["namespace"] = service.Namespace, ["name"] = service.Name },
            ["localEndpoints"] = localEndpoints,
            ["serviceProxyHealthy"] = isProxyHealthy,
        };
        return TinyAnswer.Json(localEndpoints > 0 && isProxyHealthy ? 200 : 503, body.ToJsonString()) with
        {
            Headers = [string.Create(CultureInfo.InvariantCulture, $"X-Load-Balancing-Endpoint-Weight: {localEndpoints}")],
        };
    }

    private sealed record Listening(ushort Port, Dictionary<IPAddress, TinyHttpServer> Servers);
}
