using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Courier.Web.Metrics;

/// <summary>Serves the figures over HTTP: <c>GET /metrics</c>, and nothing else. It asks for no password: listen on loopback.</summary>
public sealed class MetricsEndpoint : IAsyncDisposable
{
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";
    private readonly WebApplication _application;
    private readonly MetricsCollector _collector;

    private MetricsEndpoint(WebApplication application, MetricsCollector collector)
    {
        (_application, _collector) = (application, collector);
        EndPoint = IPEndPoint.Parse(new Uri(application.Urls.Single()).Authority);
    }

    /// <summary>As bound: with the port the system chose where 0 was asked for.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Begins to collect and to serve. Throws <see cref="IOException"/> when the port is in use.</summary>
    public static async Task<MetricsEndpoint> StartAsync(IPEndPoint endPoint, MetricsLimits limits, ILoggerFactory loggers, CancellationToken ct)
    {
        var collector = new MetricsCollector(limits, loggers.CreateLogger<MetricsCollector>());
        var application = Build(endPoint, limits, collector);
        try
        {
            await application.StartAsync(ct);
            var endpoint = new MetricsEndpoint(application, collector);
            Log.Serving(loggers.CreateLogger<MetricsEndpoint>(), endpoint.EndPoint.ToString());
            return endpoint;
        }
        catch
        {
            await application.DisposeAsync();
            collector.Dispose();
            throw;
        }
    }

    public Task StopAsync(CancellationToken ct) => _application.StopAsync(ct);

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _collector.Dispose();
    }

    private static WebApplication Build(IPEndPoint endPoint, MetricsLimits limits, MetricsCollector collector)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // A scraper asks without a body, once in some seconds.
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.MaxConcurrentConnections = 32;
            kestrel.Listen(endPoint);
        });
        builder.Services.AddSingleton<IHostLifetime, ProgramsOwnLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = limits.StopGrace);
        var application = builder.Build();
        application.Run(context => ServeAsync(context, collector));
        return application;
    }

    private static Task ServeAsync(HttpContext context, MetricsCollector collector)
    {
        var isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        if (!isRead || context.Request.Path != "/metrics")
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        context.Response.ContentType = ContentType;
        return context.Response.WriteAsync(collector.Scrape(), context.RequestAborted);
    }

    /// <summary>The program handles signals; ASP.NET's own lifetime would answer them too.</summary>
    private sealed class ProgramsOwnLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
