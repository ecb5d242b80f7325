using System.Text;
using System.Text.Json;
using CsCheck;
using Viaduct.Kube.Server.Schema;

namespace Viaduct.Tests.KubeServer;

public sealed class ProtobufTests
{
    private readonly ProtobufDecoder _decoder = new(KubernetesSchema.Load());

    [Fact]
    public void Every_kind_of_field_is_read()
    {
        // Field numbers of the API: metadata 1, spec 2; ports 1, selector 2, clusterIP 3; name 1, protocol 2, port 3, targetPort 4, nodePort 5.
        var port = Join(Field(1, "web"), Field(2, ""), Number(3, 80), Field(4, Join(Number(1, 1), Field(3, "http"))), Number(5, 0));
        var spec = Join(Field(1, port), Field(2, Join(Field(1, "app"), Field(2, "web"))), Field(3, ""));
        var metadata = Join(Field(1, "svc"), Field(8, []), Field(11, Join(Field(1, "a"), Field(2, "b"))));
        var service = _decoder.Decode(Envelope("v1", "Service", Join(Field(1, metadata), Field(2, spec))), "V1Service");
        Assert.Equal(
            """{"metadata":{"name":"svc","labels":{"a":"b"}},"spec":{"ports":[{"name":"web","port":80,"targetPort":"http"}],"selector":{"app":"web"}},"apiVersion":"v1","kind":"Service"}""",
            service.ToJsonString());
    }

    [Fact]
    public void Fields_of_an_embedded_message_are_written_inline()
    {
        // Probe: handler 1 with tcpSocket 3, which has port 1; periodSeconds 4. Container: name 1, readinessProbe 11. PodSpec: containers 2.
        var probe = Join(Field(1, Field(3, Field(1, Join(Number(1, 0), Number(2, 8080))))), Number(4, 5));
        var pod = _decoder.Decode(Envelope("v1", "Pod", Field(2, Field(2, Join(Field(1, "c"), Field(11, probe))))), "V1Pod");
        Assert.Equal("""{"containers":[{"name":"c","readinessProbe":{"tcpSocket":{"port":8080},"periodSeconds":5}}]}""", pod["spec"]!.ToJsonString());
    }

    [Fact]
    public void A_zero_is_kept_where_Go_can_tell_it_from_absence()
    {
        // DeploymentSpec: replicas 1 is a pointer in Go, minReadySeconds 5 is not.
        var deployment = _decoder.Decode(Envelope("apps/v1", "Deployment", Field(2, Join(Number(1, 0), Number(5, 0)))), "V1Deployment");
        Assert.Equal("""{"replicas":0}""", deployment["spec"]!.ToJsonString());
    }

    [Fact]
    public void Any_bytes_are_decoded_or_refused()
    {
        Gen.Byte.Array[0, 60].Sample(bytes =>
        {
            try
            {
                _decoder.Decode([.. "k8s\0"u8, .. bytes], "V1Pod");
                _decoder.Decode(Envelope("v1", "Pod", bytes), "V1Pod");
            }
            catch (Exception e) when (e is ProtobufException or JsonException)
            {
                return;
            }
        }, iter: 2000);
    }

    [Fact]
    public void A_body_without_the_mark_is_refused() =>
        Assert.Throws<ProtobufException>(() => _decoder.Decode("{}"u8, "V1Pod"));

    private static byte[] Envelope(string apiVersion, string kind, byte[] message) =>
        [.. "k8s\0"u8, .. Field(1, Join(Field(1, apiVersion), Field(2, kind))), .. Field(2, message)];

    private static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int number, byte[] content) => [.. Varint((number << 3) | 2), .. Varint(content.Length), .. content];

    private static byte[] Number(int number, int value) => [.. Varint(number << 3), .. Varint(value)];

    private static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(p => p)];

    private static byte[] Varint(int value) => value < 0x80 ? [(byte)value] : [(byte)(value | 0x80), .. Varint(value >> 7)];
}
