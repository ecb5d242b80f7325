using System.Text.Json;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Lab;

/// <summary><c>viaduct draw</c> on this machine, whatever it is.</summary>
public class DrawCommandTests
{
    public static TheoryData<string> Actors => Actor.Names;

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Everybody_may_draw_the_namespace_that_he_is_in(string actor)
    {
        var who = Actor.Named(actor);
        who.Require();
        using var drawn = JsonDocument.Parse((await who.RunAsync(["draw", "-o", "json"])).Succeed());
        Assert.Equal("host", Assert.Single(drawn.RootElement.GetProperty("namespaces").EnumerateArray()).GetProperty("name").GetString());
        Assert.Contains("Network Protocol Stack", (await who.RunAsync(["draw", "-o", "ascii", "--routes"])).Succeed(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task What_may_not_be_looked_at_is_passed_over(string actor)
    {
        var who = Actor.Named(actor);
        who.Require();
        Assert.Contains("\"name\": \"host\"", (await who.RunAsync(["draw", "--netns", "all", "-o", "json"])).Succeed(), StringComparison.Ordinal);
    }
}
