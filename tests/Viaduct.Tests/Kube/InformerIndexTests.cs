using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;

namespace Viaduct.Tests.Kube;

public class InformerIndexTests
{
    [Fact]
    public async Task A_reader_never_misses_an_object_that_only_changes()
    {
        var index = new InformerIndex<ConfigMap>(_ => ["key"]);
        var map = new ConfigMap { Metadata = new ObjectMeta { Name = "m", Namespace = "default" } };
        index.Apply(null, map);
        using var stop = new CancellationTokenSource();
        var reader = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    if (index.Count("key") != 1)
                        return false;
                }

                return true;
            },
            TestContext.Current.CancellationToken);

        for (var i = 0; i < 200_000; i++)
            index.Apply(map, map);
        await stop.CancelAsync();

        Assert.True(await reader);
    }

    [Fact]
    public void An_object_that_changes_its_key_is_under_the_new_one_only()
    {
        var index = new InformerIndex<ConfigMap>(m => [m.Data!["node"]]);
        ConfigMap On(string node) => new() { Metadata = new ObjectMeta { Name = "m" }, Data = new Dictionary<string, string> { ["node"] = node } };
        index.Apply(null, On("a"));
        index.Apply(On("a"), On("b"));
        Assert.Equal((0, 1), (index.Count("a"), index.Count("b")));
        index.Apply(On("b"), null);
        Assert.Equal(0, index.Count("b"));
    }
}
