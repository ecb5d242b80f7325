using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Controllers;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server;
using Viaduct.Kube.Server.Pki;
using Viaduct.Tests.KubeServer;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Controllers;

/// <summary>
/// The control plane (API server and controllers) ends, somebody edits its database, and it starts again: what the allocators have given out is counted by the objects, so
/// what leaked is free, and what two own is told both.
/// </summary>
public sealed class RepairOnStartTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CertificateAuthority _authority = CertificateAuthority.Create("test");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Database => _directory.File("state.db");

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task An_address_and_a_port_of_two_Services_are_told_and_free_when_both_are_gone()
    {
        string address = "";
        await WhileRunningAsync(async api => address = await AddServiceAsync(api, "old", null));
        Edit("""
            INSERT INTO log SELECT (SELECT max(revision) + 1 FROM log), 'services/default/twin', 0, CAST(json_set(CAST(value AS TEXT),
              '$.metadata.name', 'twin', '$.metadata.uid', 'twin', '$.metadata.creationTimestamp', '2999-01-01T00:00:00Z') AS BLOB)
            FROM log WHERE key = 'services/default/old'
            """);
        await WhileRunningAsync(async api =>
        {
            await EventsAsync(api, "twin", $"ClusterIPAlreadyAllocated Cluster IP {address} was assigned to multiple services; please recreate service", "PortAlreadyAllocated Port 30123 was assigned to multiple services; please recreate service");
            await api.DeleteAsync<Service>("default", "old", DeleteQuery.Default, Ct);
            Assert.Contains("already allocated", (await Assert.ThrowsAsync<KubeApiException>(() => AddServiceAsync(api, "third", address))).Message, StringComparison.Ordinal);
            await api.DeleteAsync<Service>("default", "twin", DeleteQuery.Default, Ct);
            Assert.Equal(address, await AddServiceAsync(api, "third", address));
        });
    }

    [Fact]
    public async Task An_address_whose_Service_is_lost_can_be_had_again()
    {
        string address = "";
        await WhileRunningAsync(async api => address = await AddServiceAsync(api, "lost", null));
        Edit("DELETE FROM log WHERE key = 'services/default/lost'");
        await WhileRunningAsync(async api => Assert.Equal(address, await AddServiceAsync(api, "finder", address)));
    }

    // Four blocks: a has the first; b is given a's by the edit, so that b's own leaks; c, d and e get the three that nobody has.
    [Fact]
    public async Task A_block_of_two_nodes_is_told_and_given_to_nobody_and_the_one_that_leaked_is_given_again()
    {
        await WhileRunningAsync(async api =>
        {
            Assert.Equal("172.20.0.0/24", await AddNodeAsync(api, "a"));
            Assert.Equal("172.20.1.0/24", await AddNodeAsync(api, "b"));
        });
        Edit("UPDATE log SET value = CAST(replace(CAST(value AS TEXT), '172.20.1.0/24', '172.20.0.0/24') AS BLOB) WHERE key = 'nodes//b'");
        await WhileRunningAsync(async api =>
        {
            await EventsAsync(api, "b", "CIDRAssignmentFailed Node b has pod block 172.20.0.0/24, which node a has too; delete one of the nodes.");
            Assert.Equal(["172.20.1.0/24", "172.20.2.0/24", "172.20.3.0/24"], new[] { await AddNodeAsync(api, "c"), await AddNodeAsync(api, "d"), await AddNodeAsync(api, "e") }.Order(StringComparer.Ordinal));
            // As it is told to do: then the other one owns it, and who comes next waits.
            await api.DeleteAsync<KubeNode>(null, "b", DeleteQuery.Default, Ct);
            await api.CreateAsync(new KubeNode { Metadata = new() { Name = "f" } }, Ct);
            await EventsAsync(api, "f", "CIDRNotAvailable podCidr 172.20.0.0/22 has 4 blocks of /24 and all are in use: the node gets no pod addresses.");
        });
    }

    private async Task WhileRunningAsync(Func<IKubeApi, Task> act)
    {
        await using var server = await ApiServer.CreateAsync(
            new ApiServerOptions
            {
                DatabasePath = Database,
                ControlPlaneEndpoint = new IPEndPoint(IPAddress.Parse("192.168.0.2"), 6443),
                Certificates = new ServerCertificates(_authority.IssueServer(["localhost"], [IPAddress.Loopback]).ToCertificate(), _authority.Certificate),
            },
            Ct);
        var options = new ControllerOptions { PodCidr = Viaduct.Addressing.IpRanges.Parse("172.20.0.0/22", "podCidr") };
        await Together.RunAsync(Ct, stop => ControllerManager.RunAsync(server.Api, options, NullLoggerFactory.Instance, stop), _ => act(server.Api));
    }

    private void Edit(string statement)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        Assert.NotEqual(0, command.ExecuteNonQuery());
    }

    private static async Task<string> AddServiceAsync(IKubeApi api, string name, string? address)
    {
        var spec = new JsonObject { ["type"] = "NodePort", ["clusterIP"] = address, ["ports"] = new JsonArray(new JsonObject { ["port"] = 80, ["nodePort"] = name == "old" ? 30123 : null }) };
        return (await api.CreateRawAsync<Service>("default", new JsonObject { ["metadata"] = new JsonObject { ["name"] = name }, ["spec"] = spec }, Ct)).Spec!.ClusterIP!;
    }

    /// <summary>The block that the node is given.</summary>
    private static async Task<string> AddNodeAsync(IKubeApi api, string name)
    {
        var made = await api.CreateAsync(new KubeNode { Metadata = new() { Name = name } }, Ct);
        await foreach (var change in api.WatchAsync<KubeNode>(new ListQuery { FieldSelector = $"metadata.name={name}" }, made.Metadata.ResourceVersion!, Ct))
        {
            if (change.Value.Spec?.PodCIDR is { } block)
                return block;
        }
        throw new InvalidOperationException("The watch ended.");
    }

    /// <summary>Waits until exactly these events about an object are there.</summary>
    private static async Task EventsAsync(IKubeApi api, string name, params string[] expected)
    {
        var told = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var change in api.WatchListAsync<Event>(ListQuery.All, Ct))
        {
            if (change.Value.InvolvedObject?.Name == name && change.Value.Type == "Warning")
                told.Add($"{change.Value.Reason} {change.Value.Message}");
            if (told.IsSupersetOf(expected))
                break;
        }
        Assert.Equal(expected.Order(StringComparer.Ordinal), told);
    }
}
