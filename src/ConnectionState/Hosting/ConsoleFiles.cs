using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace ConnectionStateService.Hosting;

/// <summary>Serves the console and the element for the pages of platforms: static files under <c>wwwroot</c>, from the same origin as the API.</summary>
internal static partial class ConsoleFiles
{
    private const string Index = "index.html";

    // The element for the pages of platforms. Pages of other origins load it with CORS, if their origin is allowed.
    private const string ElementScript = "connectionstate-pages.js";

    // Scripts, styles and calls of this origin only; only pages of the allowed origins may put the console in a frame.
    private const string ContentSecurityPolicy =
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors ";

    /// <summary>Adds response compression for the console's files. They are small, so a better ratio is worth the time.</summary>
    public static IServiceCollection AddConsole(this IServiceCollection services)
    {
        services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Optimal);
        return services.AddResponseCompression(compression => compression.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "image/svg+xml"]);
    }

    /// <summary>Serves the files to GET and HEAD. gRPC-Web calls are POST: compression would buffer their streams.</summary>
    public static void UseConsole(this WebApplication app)
    {
        // Beside the program, not in the working directory.
        var folder = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (!Directory.Exists(folder))
        {
            LogMissing(app.Logger, folder);
            return;
        }

        var options = app.Services.GetRequiredService<IOptions<ConsoleOptions>>();
        var files = new StaticFileOptions { FileProvider = new PhysicalFileProvider(folder), OnPrepareResponse = SetCacheHeaders };
        app.UseWhen(IsGetOrHead, console =>
        {
            console.Use((context, next) => SetSecurityHeaders(context, next, options.Value));
            console.UseResponseCompression();
            console.UseStaticFiles(files);
        });
        MapConsole(app, files, options);
    }

    // The console is a single page that routes /m/... itself. /fleet is the screen of operators.
    private static void MapConsole(WebApplication app, StaticFileOptions files, IOptions<ConsoleOptions> options)
    {
        app.MapFallbackToFile("/", Index, files);
        app.MapFallbackToFile("/fleet", Index, files);
        app.MapFallbackToFile("/m/{**path}", Index, files);
        app.MapGet("/console/config.json", (HttpResponse response) =>
        {
            response.Headers.CacheControl = "no-store";
            return Results.Json(new
            {
                development = app.Environment.IsDevelopment(),
                embeddingOrigins = options.Value.EmbeddingOrigins,
                connectUrls = options.Value.ConnectUrls,
                buyMoreUrl = options.Value.BuyMoreUrl,
            });
        });
    }

    // Files under /assets have a hash in their name and never change. The page that refers to them is not cached: the pages of two releases can
    // have the same size and time, and so the same ETag.
    private static void SetCacheHeaders(StaticFileResponseContext file)
    {
        var headers = file.Context.Response.Headers;
        headers.CacheControl = file.File.Name == Index ? "no-store"
            : file.Context.Request.Path.StartsWithSegments("/assets") ? "public, max-age=31536000, immutable"
            : "no-cache";
        headers.Vary = file.File.Name == ElementScript ? $"{HeaderNames.AcceptEncoding}, {HeaderNames.Origin}" : HeaderNames.AcceptEncoding;
    }

    private static bool IsGetOrHead(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);

    private static Task SetSecurityHeaders(HttpContext context, RequestDelegate next, ConsoleOptions options)
    {
        var headers = context.Response.Headers;
        var ancestors = options.EmbeddingOrigins.Count == 0 ? "'none'" : string.Join(' ', options.EmbeddingOrigins);
        headers.ContentSecurityPolicy = ContentSecurityPolicy + ancestors;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        return next(context);
    }

    [LoggerMessage(1041, LogLevel.Warning, "The console is not available: {Folder} does not exist. The API works without it.")]
    private static partial void LogMissing(ILogger logger, string folder);
}
