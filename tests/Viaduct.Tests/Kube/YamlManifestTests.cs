using System.Text.Json.Nodes;
using Viaduct.Kube.Manifests;

namespace Viaduct.Tests.Kube;

public class YamlManifestTests
{
    [Theory]
    [InlineData("80", "80")]
    [InlineData("\"80\"", "\"80\"")]
    [InlineData("'true'", "\"true\"")]
    [InlineData("true", "true")]
    [InlineData("Yes", "true")]
    [InlineData("off", "false")]
    [InlineData("null", "null")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("1.5", "1.5")]
    [InlineData("1e3", "1000")]
    [InlineData("0x1F", "31")]
    [InlineData("0o17", "15")]
    [InlineData("0777", "511")]
    [InlineData("089", "89")]
    [InlineData("1_000", "1000")]
    [InlineData("-7", "-7")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("100m", "\"100m\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("10.0.0.1", "\"10.0.0.1\"")]
    [InlineData("2024-01-02", "\"2024-01-02\"")]
    [InlineData("-", "\"-\"", true)]
    [InlineData("!!str 80", "\"80\"")]
    [InlineData("!!int \"80\"", "80")]
    [InlineData("{a: 1, b: [x, 2]}", "{\"a\":1,\"b\":[\"x\",2]}")]
    public void A_scalar_means_what_kubectl_takes_it_for(string yaml, string json, bool bySequence = false)
    {
        var text = bySequence ? "\"-\"" : yaml;
        var document = Assert.Single(YamlManifest.Parse($"apiVersion: v1\nkind: X\nvalue: {text}\n", "f.yaml"));
        Assert.Equal(json, document.Content["value"]?.ToJsonString() ?? "null");
    }

    [Fact]
    public void Documents_lists_and_empty_documents_become_single_objects()
    {
        const string text = """
            # a comment
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: a, namespace: shop}
            ---
            ---
            apiVersion: v1
            kind: List
            items:
            - apiVersion: v1
              kind: Pod
              metadata:
                name: b
            - {apiVersion: apps/v1, kind: Deployment, metadata: {name: c}}
            """;
        var found = YamlManifest.Parse(text, "f.yaml");
        Assert.Equal(["Service/a", "Pod/b", "Deployment/c"], found.Select(d => $"{d.Kind}/{d.Name}"));
        Assert.Equal("shop", found[0].Namespace);
        Assert.Equal("f.yaml, document 1 (line 3)", found[0].Place);
    }

    [Fact]
    public void Keys_become_strings_and_anchors_and_merge_keys_are_followed()
    {
        const string text = """
            apiVersion: v1
            kind: ConfigMap
            base: &base {x: 1, y: two}
            copy: *base
            merged:
              <<: *base
              x: 3
            8080: port
            on: switch
            """;
        var content = Assert.Single(YamlManifest.Parse(text, "f")).Content;
        Assert.Equal("""{"x":1,"true":"two"}""", content["copy"]!.ToJsonString());
        Assert.Equal("""{"x":3,"true":"two"}""", content["merged"]!.ToJsonString());
        Assert.Equal("port", (string)content["8080"]!);
        Assert.Equal("switch", (string)content["true"]!);
    }

    [Fact]
    public void Block_scalars_keep_their_lines()
    {
        var content = Assert.Single(YamlManifest.Parse("apiVersion: v1\nkind: X\ntext: |\n  a: 1\n  b\n", "f")).Content;
        Assert.Equal("a: 1\nb\n", (string)content["text"]!);
    }

    [Fact]
    public void Json_is_read_with_tabs_and_without_separators()
    {
        var found = YamlManifest.Parse("{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Pod\"\n}\n{\"apiVersion\":\"v1\",\"kind\":\"Service\"}", "f.json");
        Assert.Equal([("Pod", 1), ("Service", 5)], found.Select(d => (d.Kind, d.Line)));
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: Pod\nspec:\n  a: 1\n b: 2\n", "f.yaml, line ")]
    [InlineData("apiVersion: v1\nkind: Pod\na: 1\na: 2\n", "f.yaml, line 4: the key \"a\" stands twice in one mapping")]
    [InlineData("kind: Pod\n", "f.yaml, document 1 (line 1) has no apiVersion.")]
    [InlineData("apiVersion: v1\nkind: Pod\n---\napiVersion: v1\n", "f.yaml, document 2 (line 4) has no kind.")]
    [InlineData("- a\n- b\n", "f.yaml, document 1 (line 1) is not an object: it needs apiVersion and kind.")]
    [InlineData("apiVersion: v1\nkind: Pod\na: *nowhere\n", "f.yaml, line 3: ")]
    [InlineData("apiVersion: v1\nkind: Pod\na: .inf\n", "f.yaml, line 3: the number .inf has no JSON form")]
    [InlineData("{\"apiVersion\": \"v1\",\n \"kind\": }", "f.yaml, line 2: ")]
    [InlineData("{\"apiVersion\": \"v1\", \"kind\": \"X\", \"a\": 1, \"a\": 2}", "f.yaml, line 1: ")]
    public void What_cannot_be_read_is_told_with_its_place(string text, string message) =>
        Assert.StartsWith(message, Assert.Throws<ManifestException>(() => YamlManifest.Parse(text, "f.yaml")).Message);

    [Fact]
    public void A_bomb_of_aliases_is_refused()
    {
        var text = "apiVersion: v1\nkind: X\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
        for (var i = 1; i < 9; i++)
            text += $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n";
        Assert.Contains("too many values", Assert.Throws<ManifestException>(() => YamlManifest.Parse(text, "f")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Very_deep_nesting_is_refused_and_not_a_crash()
    {
        var text = "apiVersion: v1\nkind: X\na: " + new string('[', 500) + new string(']', 500);
        Assert.Contains("nested too deeply", Assert.Throws<ManifestException>(() => YamlManifest.Parse(text, "f")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_real_manifest_keeps_every_value()
    {
        const string text = """
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: frontend
            spec:
              replicas: 3
              template:
                spec:
                  containers:
                  - name: php-redis
                    resources:
                      requests: {cpu: 100m, memory: 100Mi}
                    env:
                    - name: GET_HOSTS_FROM
                      value: "dns"
                    ports:
                    - containerPort: 80
            """;
        var spec = Assert.Single(YamlManifest.Parse(text, "f")).Content["spec"]!;
        Assert.Equal(3, (int)spec["replicas"]!);
        var container = spec["template"]!["spec"]!["containers"]![0]!;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"cpu":"100m","memory":"100Mi"}"""), container["resources"]!["requests"]));
        Assert.Equal(80, (int)container["ports"]![0]!["containerPort"]!);
    }
}
