using System.Text.Json.Nodes;
using Viaduct.Kube.Server.Http;

namespace Viaduct.Tests.KubeServer;

public sealed class YamlJsonTests
{
    [Theory]
    [InlineData("a: 1", """{"a":1}""")]
    [InlineData("a: \"1\"", """{"a":"1"}""")]
    [InlineData("a: true\nb: yes", """{"a":true,"b":"yes"}""")]
    [InlineData("a: [1, {b: c}]", """{"a":[1,{"b":"c"}]}""")]
    [InlineData("a:\nb: ~", """{"a":null,"b":null}""")]
    [InlineData("a: 1.5\nb: 1.2.3\nc: 500m", """{"a":1.5,"b":"1.2.3","c":"500m"}""")]
    [InlineData("a: &x {b: 1}\nc: *x", """{"a":{"b":1},"c":{"b":1}}""")]
    [InlineData("a: |\n  one\n  two\n", """{"a":"one\ntwo\n"}""")]
    public void Scalars_have_the_types_of_YAML(string yaml, string json) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(json), YamlJson.Parse(System.Text.Encoding.UTF8.GetBytes(yaml))));

    [Fact]
    public void A_key_twice_is_refused()
    {
        var failure = Assert.Throws<System.Text.Json.JsonException>(() => YamlJson.Parse("a: 1\na: 2"u8.ToArray()));
        Assert.Contains("\"a\" twice", failure.Message, StringComparison.Ordinal);
    }
}
