using System.Text.Json.Nodes;
using Viaduct.Kube.Server.Schema;

namespace Viaduct.Tests.KubeServer;

public sealed class SchemaTests
{
    private readonly SchemaDecoder _decoder = new(KubernetesSchema.Load());

    [Theory]
    [InlineData("V1Service", """{"spec":{"ports":[{"port":"x"}]}}""", "json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32")]
    [InlineData("V1Service", """{"spec":{"ports":[{"port":1.5}]}}""", "json: cannot unmarshal number 1.5 into Go struct field ServicePort.spec.ports.port of type int32")]
    [InlineData("V1Service", """{"spec":{"ports":[{"port":99999999999}]}}""", "json: cannot unmarshal number 99999999999 into Go struct field ServicePort.spec.ports.port of type int32")]
    [InlineData("V1Service", """{"spec":{"ports":{"port":80}}}""", "json: cannot unmarshal object into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort")]
    [InlineData("V1Service", """{"spec":"x"}""", "json: cannot unmarshal string into Go struct field Service.spec of type v1.ServiceSpec")]
    [InlineData("V1Service", """{"metadata":{"labels":{"a":1}}}""", "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string")]
    [InlineData("V1Service", """{"spec":{"ports":[{"targetPort":true}]}}""", "json: cannot unmarshal bool into Go value of type int32")]
    [InlineData("V1Deployment", """{"spec":{"template":{"spec":{"containers":[{"env":[{"name":"A","value":true}]}]}}}}""",
        "json: cannot unmarshal bool into Go struct field EnvVar.spec.template.spec.containers.env.value of type string")]
    [InlineData("V1Pod", """{"spec":{"hostNetwork":"yes"}}""", "json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool")]
    [InlineData("V1Secret", """{"data":{"a":"no base64!"}}""", "illegal base64 data at input byte 0")]
    public void A_wrong_type_names_its_field(string type, string body, string sentence)
    {
        var failure = Assert.Throws<SchemaException>(() => _decoder.Decode(Object(body), type));
        Assert.Equal(sentence, failure.Message);
    }

    [Fact]
    public void A_malformed_quantity_is_refused()
    {
        var body = Object("""{"spec":{"containers":[{"resources":{"limits":{"cpu":"a lot"}}}]}}""");
        Assert.StartsWith("quantities must match", Assert.Throws<SchemaException>(() => _decoder.Decode(body, "V1Pod")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_fields_are_named_with_their_path_and_taken_out()
    {
        var body = Object("""{"spec":{"foo":1,"ports":[{"port":80},{"port":81,"bar":{}}]}}""");
        Assert.Equal(["spec.foo", "spec.ports[1].bar"], _decoder.Decode(body, "V1Service"));
        Assert.Equal("""{"spec":{"ports":[{"port":80},{"port":81}]}}""", body.ToJsonString());
    }

    [Fact]
    public void Null_means_absent()
    {
        var body = Object("""{"metadata":{"creationTimestamp":null,"name":"a"},"spec":null}""");
        Assert.Empty(_decoder.Decode(body, "V1Pod"));
        Assert.Equal("""{"metadata":{"name":"a"}}""", body.ToJsonString());
    }

    [Fact]
    public void A_quantity_may_be_a_number_and_becomes_text()
    {
        var body = Object("""{"spec":{"containers":[{"resources":{"limits":{"cpu":2,"memory":"1Gi"}}}]}}""");
        _decoder.Decode(body, "V1Pod");
        Assert.Equal("""{"cpu":"2","memory":"1Gi"}""", body["spec"]!["containers"]![0]!["resources"]!["limits"]!.ToJsonString());
    }

    [Theory]
    [InlineData("100m", "0.1")]
    [InlineData("1Gi", "1073741824")]
    [InlineData("1e3", "1000")]
    [InlineData("1.5", "1.5")]
    [InlineData("2k", "2000")]
    public void Quantities_have_a_value(string text, string value) =>
        Assert.Equal(decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture), Quantity.Value(text));

    private static JsonObject Object(string json) => JsonNode.Parse(json)!.AsObject();
}
