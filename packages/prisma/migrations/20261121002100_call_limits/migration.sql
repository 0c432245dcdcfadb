-- What all processes have reserved of each provider's quota (rate-limiter-flexible's table; its statements name no column, so
-- their order counts). Written often and worth nothing after a crash: not in the write-ahead log.
CREATE UNLOGGED TABLE "CallLimit" (
    "key" VARCHAR(255) NOT NULL,
    "points" INTEGER NOT NULL DEFAULT 0,
    "expire" BIGINT,

    CONSTRAINT "CallLimit_pkey" PRIMARY KEY ("key")
);

-- The clean-up takes what is over.
CREATE INDEX "CallLimit_expire_idx" ON "CallLimit"("expire");
