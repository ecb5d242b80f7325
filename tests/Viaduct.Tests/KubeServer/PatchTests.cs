using System.Text.Json.Nodes;
using CsCheck;
using Viaduct.Kube.Server.Patch;
using Viaduct.Kube.Server.Schema;

namespace Viaduct.Tests.KubeServer;

public sealed class PatchTests
{
    private static readonly KubernetesSchema Schema = KubernetesSchema.Load();

    // RFC 7386, appendix A, those of which the target and the patch are objects.
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void Merge_patches_follow_the_examples_of_their_RFC(string target, string patch, string expected)
    {
        var value = Object(target);
        MergePatch.Apply(value, Object(patch));
        AssertJson(expected, value);
    }

    [Fact]
    public void A_merge_patch_applied_twice_changes_nothing_more()
    {
        string[] values = ["null", "1", "\"x\"", """{"p":1}""", """{"q":null,"p":2}""", "[1,2]", """{"p":{"q":3}}"""];
        var text = Gen.Int[0, values.Length - 1].Select(i => values[i]);
        var document = Gen.Select(text, text, text, (a, b, c) => $$$"""{"a":{{{a}}},"b":{{{b}}},"c":{{{c}}}}""");
        Gen.Select(document, document).Sample((target, patch) =>
        {
            var once = Object(target);
            MergePatch.Apply(once, Object(patch));
            var twice = (JsonObject)once.DeepClone();
            MergePatch.Apply(twice, Object(patch));
            return JsonNode.DeepEquals(once, twice);
        }, iter: 500);
    }

    // RFC 6902, appendix A.
    [Theory]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/baz","value":"qux"}]""", """{"baz":"qux","foo":"bar"}""")]
    [InlineData("""{"foo":["bar","baz"]}""", """[{"op":"add","path":"/foo/1","value":"qux"}]""", """{"foo":["bar","qux","baz"]}""")]
    [InlineData("""{"baz":"qux","foo":"bar"}""", """[{"op":"remove","path":"/baz"}]""", """{"foo":"bar"}""")]
    [InlineData("""{"foo":["bar","qux","baz"]}""", """[{"op":"remove","path":"/foo/1"}]""", """{"foo":["bar","baz"]}""")]
    [InlineData("""{"baz":"qux","foo":"bar"}""", """[{"op":"replace","path":"/baz","value":"boo"}]""", """{"baz":"boo","foo":"bar"}""")]
    [InlineData("""{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}""", """[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]""",
        """{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}""")]
    [InlineData("""{"foo":["all","grass","cows","eat"]}""", """[{"op":"move","from":"/foo/1","path":"/foo/3"}]""", """{"foo":["all","cows","eat","grass"]}""")]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/child","value":{"grandchild":{}}}]""", """{"foo":"bar","child":{"grandchild":{}}}""")]
    [InlineData("""{"foo":["bar"]}""", """[{"op":"add","path":"/foo/-","value":["abc","def"]}]""", """{"foo":["bar",["abc","def"]]}""")]
    [InlineData("""{"/":9,"~1":10}""", """[{"op":"test","path":"/~01","value":10}]""", """{"/":9,"~1":10}""")]
    [InlineData("""{"a":1}""", """[{"op":"copy","from":"/a","path":"/b"},{"op":"test","path":"/b","value":1}]""", """{"a":1,"b":1}""")]
    public void Json_patches_follow_the_examples_of_their_RFC(string target, string patch, string expected) =>
        AssertJson(expected, JsonPatch.Apply(Object(target), JsonNode.Parse(patch)!.AsArray()));

    [Theory]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/baz/bat","value":"qux"}]""", "\"/baz\"")]
    [InlineData("""{"baz":"qux"}""", """[{"op":"test","path":"/baz","value":"bar"}]""", "test of \"/baz\"")]
    [InlineData("""{"a":[1]}""", """[{"op":"remove","path":"/a/1"}]""", "\"/a/1\"")]
    [InlineData("""{"a":1}""", """[{"op":"spin","path":"/a"}]""", "unknown operation \"spin\"")]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"a","value":2}]""", "not a JSON pointer")]
    public void A_json_patch_that_does_not_fit_says_where(string target, string patch, string sentence)
    {
        var failure = Assert.Throws<PatchException>(() => JsonPatch.Apply(Object(target), JsonNode.Parse(patch)!.AsArray()));
        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    // Containers merge by name, in place; new ones are appended.
    [InlineData("""{"containers":[{"name":"a","image":"1"},{"name":"b"}]}""", """{"containers":[{"name":"b","image":"2"},{"name":"c"}]}""",
        """{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"},{"name":"c"}]}""")]
    [InlineData("""{"containers":[{"name":"a"},{"name":"b"}]}""", """{"containers":[{"name":"a","$patch":"delete"}]}""", """{"containers":[{"name":"b"}]}""")]
    [InlineData("""{"containers":[{"name":"a"},{"name":"b"}]}""", """{"containers":[{"$patch":"replace"},{"name":"c"}]}""", """{"containers":[{"name":"c"}]}""")]
    // Nested lists have keys of their own.
    [InlineData("""{"containers":[{"name":"a","env":[{"name":"X","value":"1"}],"ports":[{"containerPort":80}]}]}""",
        """{"containers":[{"name":"a","env":[{"name":"Y","value":"2"}],"ports":[{"containerPort":80,"name":"web"}]}]}""",
        """{"containers":[{"name":"a","env":[{"name":"X","value":"1"},{"name":"Y","value":"2"}],"ports":[{"containerPort":80,"name":"web"}]}]}""")]
    // Tolerations are atomic.
    [InlineData("""{"tolerations":[{"key":"a"}]}""", """{"tolerations":[{"key":"b"}]}""", """{"tolerations":[{"key":"b"}]}""")]
    [InlineData("""{"nodeSelector":{"a":"1","b":"2"}}""", """{"nodeSelector":{"a":null,"c":"3"}}""", """{"nodeSelector":{"b":"2","c":"3"}}""")]
    [InlineData("""{"nodeSelector":{"a":"1"}}""", """{"nodeSelector":{"$patch":"replace","b":"2"}}""", """{"nodeSelector":{"b":"2"}}""")]
    [InlineData("""{"volumes":[{"name":"v","emptyDir":{}}]}""", """{"volumes":[{"name":"v","$retainKeys":["name","hostPath"],"hostPath":{"path":"/x"}}]}""",
        """{"volumes":[{"name":"v","hostPath":{"path":"/x"}}]}""")]
    // The client's order, with the server's own element keeping its place.
    [InlineData("""{"containers":[{"name":"a"},{"name":"server"},{"name":"b"}]}""", """{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"b","image":"2"}]}""",
        """{"containers":[{"name":"server"},{"name":"b","image":"2"},{"name":"a"}]}""")]
    public void Strategic_merge_patches_know_the_lists_of_a_pod(string target, string patch, string expected) =>
        AssertJson(expected, new StrategicMergePatch(Schema).Apply(Object(target), Object(patch), "V1PodSpec"));

    [Theory]
    [InlineData("""{"finalizers":["a","b"]}""", """{"finalizers":["b","c"]}""", """{"finalizers":["a","b","c"]}""")]
    [InlineData("""{"finalizers":["a","b"]}""", """{"$deleteFromPrimitiveList/finalizers":["a"]}""", """{"finalizers":["b"]}""")]
    [InlineData("""{"ownerReferences":[{"uid":"1","name":"x"}]}""", """{"ownerReferences":[{"uid":"1","$patch":"delete"}]}""", """{"ownerReferences":[]}""")]
    public void Strategic_merge_patches_know_the_lists_of_metadata(string target, string patch, string expected) =>
        AssertJson(expected, new StrategicMergePatch(Schema).Apply(Object(target), Object(patch), "V1ObjectMeta"));

    [Fact]
    public void Ports_of_a_service_merge_by_their_number()
    {
        var result = new StrategicMergePatch(Schema).Apply(
            Object("""{"spec":{"ports":[{"port":80,"nodePort":30080}]}}"""), Object("""{"spec":{"ports":[{"port":80,"name":"web"}]}}"""), "V1Service");
        AssertJson("""{"spec":{"ports":[{"port":80,"nodePort":30080,"name":"web"}]}}""", result);
    }

    [Fact]
    public void Neither_the_object_nor_the_patch_is_changed_by_a_strategic_merge()
    {
        var (target, patch) = (Object("""{"containers":[{"name":"a"}]}"""), Object("""{"containers":[{"name":"a","$patch":"delete"}]}"""));
        new StrategicMergePatch(Schema).Apply(target, patch, "V1PodSpec");
        AssertJson("""{"containers":[{"name":"a"}]}""", target);
        AssertJson("""{"containers":[{"name":"a","$patch":"delete"}]}""", patch);
    }

    private static JsonObject Object(string json) => JsonNode.Parse(json)!.AsObject();

    private static void AssertJson(string expected, JsonNode actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}, got {actual.ToJsonString()}");
}
