using System.Net.Http.Json;
using Viaduct.Cluster.Model;

namespace Viaduct.Cluster.Supervision;

/// <summary>Asks a running supervisor.</summary>
public sealed class SupervisorClient(ClusterPaths paths) : IDisposable
{
    private readonly HttpClient _http = UnixSocketHttp.CreateClient(paths.SupervisorSocket);

    public async Task<IReadOnlyList<ProcessInfo>> GetProcessesAsync(CancellationToken cancellation) =>
        await _http.GetFromJsonAsync(SupervisorServer.ProcessesPath, SupervisionJson.Default.IReadOnlyListProcessInfo, cancellation) ?? [];

    public void Dispose() => _http.Dispose();
}
