using System.Text;
using Viaduct.Kube.Objects;
using Viaduct.Node.StandIns;

namespace Viaduct.Tests.Node;

public class StandInTests
{
    [Theory]
    [InlineData("G", null)]
    [InlineData("GET", null)]
    [InlineData("GET ", true)]
    [InlineData("POST /x HTTP/1.1\r\n", true)]
    [InlineData("P", null)]
    [InlineData("PING\r\n", false)]
    [InlineData("hello\n", false)]
    [InlineData("get / HTTP/1.1", false)]
    public void The_first_bytes_tell_HTTP_from_everything_else(string bytes, bool? http) =>
        Assert.Equal(http, HttpRequestHead.LooksLikeHttp(Encoding.ASCII.GetBytes(bytes)));

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a", true)]
    [InlineData("GET / HTTP/1.1\r\nConnection: Close", false)]
    [InlineData("GET / HTTP/1.0", false)]
    [InlineData("GET / HTTP/1.0\r\nConnection: keep-alive", true)]
    public void A_connection_is_kept_as_RFC_9112_says(string head, bool keep) =>
        Assert.Equal(keep, HttpRequestHead.Parse(Encoding.ASCII.GetBytes(head))!.KeepAlive);

    [Fact]
    public void A_body_is_announced_by_its_length_or_in_chunks()
    {
        var head = HttpRequestHead.Parse("POST / HTTP/1.1\r\nContent-Length: 12\r\nExpect: 100-continue"u8)!;
        Assert.Equal((12, false, true), (head.ContentLength, head.IsChunked, head.ExpectsContinue));
        Assert.True(HttpRequestHead.Parse("POST / HTTP/1.1\r\ntransfer-encoding: gzip, chunked"u8)!.IsChunked);
    }

    [Fact]
    public void What_is_not_HTTP_1_has_no_head() => Assert.Null(HttpRequestHead.Parse("GET / HTTP/2"u8));

    [Fact]
    public void Declared_ports_are_opened_with_their_protocol_and_SCTP_is_left_out()
    {
        var container = new Container { Ports = [new ContainerPort { Number = 80 }, new ContainerPort { Number = 53, Protocol = "UDP" }, new ContainerPort { Number = 9, Protocol = "SCTP" }] };
        Assert.Equal([new StandInPort(80, false), new StandInPort(53, true)], StandInPorts.Of(PodOf(container), container));
    }

    [Fact]
    public void Without_ports_the_first_container_opens_9376_on_TCP_and_UDP()
    {
        var (first, second) = (new Container { Name = "a" }, new Container { Name = "b" });
        var pod = PodOf(first, second);
        Assert.Equal([new StandInPort(9376, false), new StandInPort(9376, true)], StandInPorts.Of(pod, first));
        Assert.Empty(StandInPorts.Of(pod, second));
    }

    [Fact]
    public void A_container_without_ports_opens_nothing_beside_one_that_declares_some()
    {
        var (first, second) = (new Container { Name = "a" }, TestPods.Container("b", 80));
        Assert.Empty(StandInPorts.Of(PodOf(first, second), first));
    }

    [Fact]
    public void Ports_of_probes_are_opened_unless_another_container_has_them()
    {
        var probed = TestPods.Container("a", 80) with
        {
            ReadinessProbe = new Probe { HttpGet = new HttpGetAction { Port = 8080 } },
            LivenessProbe = new Probe { TcpSocket = new TcpSocketAction { Port = 90 } },
        };
        Assert.Equal([new StandInPort(80, false), new StandInPort(8080, false)], StandInPorts.Of(PodOf(probed, TestPods.Container("b", 90)), probed));
    }

    [Fact]
    public void A_port_by_name_is_the_declared_one()
    {
        var container = new Container { Ports = [new ContainerPort { Name = "http", Number = 8080 }] };
        Assert.Equal(8080, StandInPorts.Resolve("http", container));
        Assert.Equal(81, StandInPorts.Resolve(81, container));
        Assert.Null(StandInPorts.Resolve("other", container));
    }

    private static PodSpec PodOf(params Container[] containers) => new() { Containers = containers };
}
