using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;

namespace Viaduct.Tests.Fakes;

public class FakeKubeApiTests
{
    private readonly FakeKubeApi _api = new();

    /// <summary>A rollout once seemed complete: eight pods, the last old one among them, and a moment later all of them new.</summary>
    [Fact]
    public async Task All_that_a_condition_asks_is_of_one_moment()
    {
        var writing = Task.CompletedTask;
        (int Before, int After) pods = default;
        await _api.UntilAsync(() =>
        {
            var before = _api.All<Pod>().Count;
            writing = Task.Run(() => _api.CreateRawAsync<Pod>("shop", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "web" } }, default));
            writing.Wait(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
            pods = (before, _api.All<Pod>().Count);
            return true;
        });
        await writing;
        Assert.Equal((0, 0), pods);
        Assert.Single(_api.All<Pod>());
    }
}
