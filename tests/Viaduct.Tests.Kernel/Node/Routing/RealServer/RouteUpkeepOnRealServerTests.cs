using Viaduct.Kube.Api;

namespace Viaduct.Tests.Kernel.Node.Routing.RealServer;

/// <summary>All that the agent does about its routes, against a real API server.</summary>
public sealed class RouteUpkeepOnRealServerTests : RouteUpkeepTests
{
    private NodesOnRealServer? _server;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    private protected override async Task<IKubeApi> StartApiAsync() => _server = await NodesOnRealServer.StartAsync();
}
